# kip_options: the language level, warnings and sanitizers of our own targets. Nothing is set globally.
add_library(kip_options INTERFACE)
target_compile_features(kip_options INTERFACE cxx_std_20)
target_compile_options(kip_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough -Wswitch-enum -fstack-protector-strong
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wsuggest-override>
  # GCC 12 sees uninitialised members in the moves of every std::variant with a container in it, and, when it
  # optimises, overlapping copies in "literal" + std::string and places outside initializer lists of JSON values.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-restrict>)
# How many KiB GCC may use before it looks for what it can forget, which takes a twelfth of its time.
set(KIP_COMPILER_HEAP "" CACHE STRING "Memory that each GCC may take for granted, in KiB")
if(KIP_COMPILER_HEAP)
  target_compile_options(kip_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=${KIP_COMPILER_HEAP}>)
endif()
find_program(KIP_MOLD mold)
if(KIP_MOLD)
  target_link_options(kip_options INTERFACE -fuse-ld=mold)
endif()
if(KIP_WARNINGS_AS_ERRORS)
  target_compile_options(kip_options INTERFACE -Werror)
endif()
target_compile_definitions(kip_options INTERFACE
  _GLIBCXX_ASSERTIONS $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
if(KIP_SANITIZE)
  # Without what a quarter of the compilation goes into and the address sanitizer or the fuzzers see as well.
  target_compile_options(kip_options INTERFACE -fsanitize=${KIP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    $<$<NOT:$<BOOL:${KIP_FUZZ}>>:-fno-sanitize=null,alignment,object-size,vptr>)
  target_link_options(kip_options INTERFACE -fsanitize=${KIP_SANITIZE})
endif()

# kip_module(NAME DIR folder SOURCES ... HEADERS ... PUBLIC libs ... PRIVATE libs ...)
#
# One static library for one top-level folder. Its headers are reached as <DIR/room/file.hpp> through a link in the
# build tree that only this target and those that link it can see: an include against the direction of the modules
# does not compile. The headers form a header set, so that each is checked to stand alone.
function(kip_module name)
  cmake_parse_arguments(arg "" "DIR" "SOURCES;HEADERS;PUBLIC;PRIVATE" ${ARGN})
  set(base "${CMAKE_BINARY_DIR}/include/${arg_DIR}")
  file(MAKE_DIRECTORY "${base}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${base}/${arg_DIR}" SYMBOLIC)
  list(TRANSFORM arg_HEADERS PREPEND "${base}/${arg_DIR}/" OUTPUT_VARIABLE headers)
  add_library(${name} STATIC ${arg_SOURCES})
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS "${base}" FILES ${headers})
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_link_libraries(${name} PUBLIC ${arg_PUBLIC} PRIVATE kip_options ${arg_PRIVATE})
  set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON CXX_EXTENSIONS OFF)
  kip_compile_together(${name} ${arg_SOURCES})
endfunction()

find_package(Python3 REQUIRED COMPONENTS Interpreter)

# kip_compile_together(TARGET SOURCES...): up to eight files of a folder at a time, for most of what a file costs is its
# headers. With -DKIP_TOGETHER=OFF each by itself. Where a new name meets one of another file, configure again.
function(kip_compile_together target)
  kip_groups(groups ${ARGN})
  if(NOT groups)
    return()
  endif()
  foreach(source group IN ZIP_LISTS ARGN groups)
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${group}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # A type of the anonymous namespace in a class that only its own file knows is no matter here.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# kip_groups(VARIABLE SOURCES...): the group of each, in their order; nothing where each is compiled by itself
function(kip_groups variable)
  set(groups "")
  if(KIP_TOGETHER AND ARGN)
    execute_process(COMMAND "${Python3_EXECUTABLE}" -I -S "${CMAKE_SOURCE_DIR}/cmake/group-sources.py" 8 ${ARGN}
      WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" OUTPUT_VARIABLE groups OUTPUT_STRIP_TRAILING_WHITESPACE
      COMMAND_ERROR_IS_FATAL ANY)
    string(REPLACE "\n" ";" groups "${groups}")
  endif()
  set(${variable} "${groups}" PARENT_SCOPE)
endfunction()
