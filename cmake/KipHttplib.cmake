# kip_httplib: cpp-httplib as a static library built from the sources that cmake/get-httplib.sh fetched.
#
# The sources are split into a header and one .cc, which is compiled once: a user's file costs 3 s instead of 25.
#
# The system's own package is not used, on any Debian release:
#   - Debian 12's 0.11.4 bounds neither header lines nor header counts nor chunked bodies;
#   - Debian 13's 0.18.7 is a shared library compiled with zlib and brotli and with its own values of the limits below.
#     Its gzip path inflates a body without regard to the payload limit, the limits are compiled into the library, so
#     that our definitions would change only what our own files see, and the two would break the one-definition rule.
# So every machine builds the same source with the same definitions, and the tests speak for all of them.
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
find_package(Threads REQUIRED)

set(KIP_HTTPLIB_DIR "${CMAKE_SOURCE_DIR}/build/deps/httplib" CACHE PATH "Folder with httplib.h, httplib.cc and pin")
foreach(file IN ITEMS httplib.h httplib.cc pin)
  if(NOT EXISTS "${KIP_HTTPLIB_DIR}/${file}")
    message(FATAL_ERROR "cpp-httplib is missing (no ${KIP_HTTPLIB_DIR}/${file}).\n"
      "Run ./run setup in ${CMAKE_SOURCE_DIR}: it fetches the sources. Then configure again.")
  endif()
endforeach()
# A newer pin brings new sources: configure again then.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${KIP_HTTPLIB_DIR}/pin")

add_library(kip_httplib STATIC "${KIP_HTTPLIB_DIR}/httplib.cc")
target_compile_features(kip_httplib PUBLIC cxx_std_20)
target_include_directories(kip_httplib SYSTEM PUBLIC "${KIP_HTTPLIB_DIR}")
# PUBLIC, because the library and every user must see the same values. No CPPHTTPLIB_ZLIB_SUPPORT and no
# CPPHTTPLIB_BROTLI_SUPPORT: a compressed request body is answered 415 instead of being inflated past the limits.
target_compile_definitions(kip_httplib PUBLIC
  CPPHTTPLIB_OPENSSL_SUPPORT
  CPPHTTPLIB_USE_POLL
  CPPHTTPLIB_LISTEN_BACKLOG=1024
  CPPHTTPLIB_HEADER_MAX_COUNT=64
  CPPHTTPLIB_RANGE_MAX_COUNT=8)
target_link_libraries(kip_httplib PUBLIC OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
# Not our code: no warnings. But the same sanitizers and library checks as ours, so that nothing is half-instrumented.
target_compile_options(kip_httplib PRIVATE -w -fstack-protector-strong)
target_compile_definitions(kip_httplib PRIVATE
  _GLIBCXX_ASSERTIONS $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
if(KIP_SANITIZE)
  target_compile_options(kip_httplib PRIVATE
    -fsanitize=${KIP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
endif()
