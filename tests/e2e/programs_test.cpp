#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <manifests/codec/json.hpp>
#include <testing/files.hpp>
#include <testing/loopback_server.hpp>
#include <testing/temporary_directory.hpp>

namespace kip {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kCodes = R"({"codes":["kip1:one","kip1:two"],"expires":"2026-01-01T00:00:00Z"})";

/// Command lines in a shell, in a folder of their own; what they ask of a server gets scripted answers.
class Programs : public ::testing::Test {
 protected:
  void SetUp() override {
    write("token", "kip_token\n");
    std::filesystem::permissions(work_ / "token", std::filesystem::perms::owner_read);
    write("kip.toml",
          fmt::format("[server]\nurl = \"{}\"\ntenant = \"an-phat\"\ntoken_file = \"token\"\n", server_.url("")));
  }

  /// The exit status, or minus the signal that ended it.
  int run(const std::string& command) {
    const std::string line =
        fmt::format("cd {} && export PATH={}:$PATH KIP_CONFIG=kip.toml && ( {} ) >out 2>err </dev/null", work_.string(),
                    KIP_BIN, command);
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(work_ / name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) const { return testing::read_file((work_ / name).string()); }
  std::string out() const { return read("out"); }
  std::string err() const { return read("err"); }
  bool exists(const std::string& name) const { return std::filesystem::exists(work_ / name); }

  testing::LoopbackServer server_;
  testing::TemporaryDirectory directory_;
  std::filesystem::path work_ = directory_.path();
};

TEST_F(Programs, EachCommandIsWholeWhereOnlyItsFamiliesAreMade) {
  ASSERT_EQ(run("kip --help"), 0) << err();
  std::istringstream lines(out().substr(out().find("Subcommands:")));
  std::size_t commands = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  ") || line[2] == ' ') continue;
    const std::string word = line.substr(2, line.find(' ', 2) - 2);
    ASSERT_EQ(run("kip " + word + " --help"), 0) << err();
    const std::string quick = out();
    // An option in the first place has all of them made.
    ASSERT_EQ(run("kip --json " + word + " --help"), 0) << err();
    EXPECT_EQ(quick, out()) << word;
    ++commands;
  }
  EXPECT_GE(commands, 28U);
}

TEST_F(Programs, AListIsReadToItsEnd) {
  server_.answer(200, R"({"people":[{"name":"an"}],"total":2,"next":1})");
  server_.answer(200, R"({"people":[{"name":"binh"}],"total":2})");
  ASSERT_EQ(run("kip --json person list"), 0) << err();
  EXPECT_THAT(out(), HasSubstr("an"));
  EXPECT_THAT(out(), HasSubstr("binh"));
  EXPECT_THAT(server_.requests().at(1), HasSubstr("GET /v1/tenants/an-phat/people?limit=1000&offset=1 "));
}

TEST_F(Programs, WhatWasLostOnTheWayIsSentOnceMoreUnderTheSameKey) {
  server_.answer("");
  server_.answer(201, kCodes);
  ASSERT_EQ(run("kip install code --customer 0100109106 --product forms --count 2"), 0) << err();
  ASSERT_THAT(server_.requests(), SizeIs(2));
  const auto key = [this](std::size_t i) {
    const std::string request = server_.requests().at(i);
    return request.substr(request.find("Idempotency-Key: "), 17 + 32);
  };
  EXPECT_EQ(key(0), key(1));
  EXPECT_THAT(key(0), StartsWith("Idempotency-Key: "));
}

TEST_F(Programs, CodesGoToANewFileOfTheirOwn) {
  server_.answer(201, kCodes);
  ASSERT_EQ(run("kip install code --customer 0100109106 --product forms --count 2 --out codes"), 0) << err();
  EXPECT_EQ(read("codes"), "kip1:one\nkip1:two\n");
}

TEST_F(Programs, CodesThatCannotBeWrittenAreNotAskedFor) {
  write("key", "private");
  std::filesystem::create_directory(work_ / "folder");
  const std::string command = "kip install code --customer 0100109106 --product forms --out ";
  EXPECT_EQ(run(command + "key"), 6);
  EXPECT_THAT(err(), HasSubstr("key exists already"));
  EXPECT_EQ(read("key"), "private");
  EXPECT_EQ(run(command + "folder"), 6);
  EXPECT_EQ(run(command + "missing/codes"), 5);
  EXPECT_EQ(run(command + "key/codes"), 6) << err();
  EXPECT_EQ(run("kip install code --customer 0100109106 --product forms --count 0"), 2);
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(Programs, AServerThatRefusesLeavesNoFileForCodes) {
  server_.answer(404, "");
  EXPECT_EQ(run("kip install code --customer 0100109106 --product forms --out codes"), 5);
  EXPECT_FALSE(exists("codes"));
  EXPECT_FALSE(exists(".codes.kip-tmp"));
}

TEST_F(Programs, CodesThatNobodySeesAreAFailure) {
  server_.answer(201, kCodes);
  EXPECT_EQ(run("kip install code --customer 0100109106 --product forms >/dev/full"), 13);
  EXPECT_THAT(err(), HasSubstr("nobody has now"));
  server_.answer(201, kCodes);
  const std::string to_nobody = "mkfifo gone; trap '' PIPE; exec 4<>gone 5>gone 4<&-; ";
  EXPECT_EQ(run(to_nobody + "kip install code --customer 0100109106 --product forms >&5"), 12);
  EXPECT_THAT(err(), HasSubstr("standard output"));
}

TEST_F(Programs, AClosedOutputIsNotTakenForAnotherFile) {
  server_.answer(201, kCodes);
  EXPECT_EQ(run("kip install code --customer 0100109106 --product forms >&-"), 12);
  EXPECT_EQ(server_.requests().back().find("kip1:one"), std::string::npos);
}

TEST_F(Programs, OutputThatCannotBeWrittenIsOneMessage) {
  for (const char* command : {"kip --json act list", "kip obligation list", "kip customer list"}) {
    server_.answer(200, R"({"acts":[],"obligations":[],"customers":[{"name":"A"}]})");
    EXPECT_EQ(run(std::string(command) + " >/dev/full"), 13) << command;
    EXPECT_THAT(err(), HasSubstr("standard output")) << command;
  }
  EXPECT_EQ(run("kip act foo 2>/dev/full"), 2);
  EXPECT_EQ(run("kip act foo 2>&-"), 2);
  EXPECT_EQ(run("kip-server foo 2>/dev/full"), 2);
  EXPECT_EQ(run("kip-updater foo 2>/dev/full"), 2);
}

TEST_F(Programs, AReaderThatHasGoneIsNoFailure) {
  server_.answer(200, R"({"acts":[]})");
  // A signal that is ignored stays so in what is started: the write then fails with EPIPE.
  EXPECT_EQ(run("mkfifo pipe; trap '' PIPE; exec 4<>pipe 5>pipe 4<&-; kip --json act list >&5"), 0);
  EXPECT_EQ(err(), "");
}

TEST_F(Programs, ATokenThatNobodySeesIsAFailure) {
  EXPECT_EQ(run("kip-server init --dir made --tenant an-phat --url http://127.0.0.1:1 --yes >/dev/full"), 13);
  EXPECT_THAT(err(), HasSubstr("the token of admin, which is made"));
  EXPECT_EQ(run("kip-server token create --dir made --name binh --role approver >/dev/full"), 13);
  EXPECT_THAT(err(), HasSubstr("the token of binh, which is made"));
  EXPECT_EQ(run("kip-server token create --dir made --name chi --role auditor"), 0) << err();
  EXPECT_THAT(out(), HasSubstr("\nkip_"));
}

TEST_F(Programs, ATokenFileThatCannotBeMadeChangesNothing) {
  EXPECT_EQ(run("kip-server init --dir made --tenant an-phat --url http://127.0.0.1:1 --yes --token-file no/file"), 5);
  EXPECT_FALSE(exists("made"));
}

const std::string kPackage = KIP_TEST_DATA "/package/first.kpk";

TEST_F(Programs, APackageIsInspectedWithoutKeyOrRepository) {
  ASSERT_EQ(run("kip package inspect " + kPackage), 0) << err();
  EXPECT_THAT(out(),
              StartsWith("ledger 2026.1\n    package d18c2a44dac54a9ca3a317fa9f17f06ba14f2614551e6f11c949ec6926"));
  for (const char* part :
       {"(1396 bytes)", "9, 300.0 kB unpacked: 8 managed, 1 editable, 0 executable", "follows any",
        "serves  BTC:99/2025/TT-BTC:2025", "form B01-DN", "note [vi]", "nothing about who made it"}) {
    EXPECT_THAT(out(), HasSubstr(part));
  }
  ASSERT_EQ(run("kip package inspect " + kPackage + " --json; sha256sum " + kPackage), 0) << err();
  EXPECT_THAT(out(), HasSubstr(R"("sha256":"c15927737c764a28905f5b459369c2e356b0396f26d8bbf212f5e4e96ad32635")"));
  EXPECT_THAT(out(), HasSubstr("\nc15927737c764a28905f5b459369c2e356b0396f26d8bbf212f5e4e96ad32635"));
  EXPECT_THAT(out(), HasSubstr(R"("signature_checked":false)"));
}

TEST_F(Programs, ANoteCannotPassForALineOfOurs) {
  std::filesystem::create_directory(work_ / "in");
  write("in/a", "x");
  write("pack.json", R"({"format":"kip.pack/1","acts":[],"forms":[],"notes":{"en":"one\nsha256  \u001b[2J"}})");
  ASSERT_EQ(run("kip pack in --product p --version 1 --description pack.json --out p.kpk"), 0) << err();
  ASSERT_EQ(run("kip package inspect p.kpk"), 0) << err();
  EXPECT_THAT(out(), HasSubstr("note [en] one\n      | sha256  \\u{1b}[2J\n"));
}

/// The shell's name for what a signal has ended.
constexpr int kTerminated = 128 + 15;
constexpr const char* kNoise = "mkdir in; head -c 40000000 /dev/urandom >in/a; ";
constexpr const char* kPack = "kip pack in --product p --version 1 --out p.kpk";

TEST_F(Programs, APackThatIsEndedLeavesNothing) {
  const std::string seen = " & until [ -e .p.kpk.kip-tmp ]; do :; done; kill -TERM $!; wait $!";
  EXPECT_EQ(run(kNoise + std::string(kPack) + seen), kTerminated);
  EXPECT_FALSE(exists(".p.kpk.kip-tmp"));
  EXPECT_FALSE(exists("p.kpk"));
}

TEST_F(Programs, ASignalThatIsIgnoredDoesNotEndAPack) {
  const std::string seen = " & until [ -e .p.kpk.kip-tmp ]; do :; done; kill -HUP $!; wait $!";
  EXPECT_EQ(run("mkdir in; head -c 2000000 /dev/urandom >in/a; trap '' HUP; " + std::string(kPack) + seen), 0) << err();
  EXPECT_TRUE(exists("p.kpk"));
}

TEST_F(Programs, PackingShowsProgressOnATerminalOnly) {
  ASSERT_EQ(run("mkdir in; head -c 2000000 /dev/zero >in/a; script -qec '" + std::string(kPack) + "' log"), 0) << err();
  EXPECT_THAT(read("log"), HasSubstr("0.0 of 2.0 MB"));
  EXPECT_THAT(read("log"), HasSubstr("2.0 of 2.0 MB"));
  ASSERT_EQ(run(kPack), 0);
  EXPECT_EQ(err(), "");
}

TEST_F(Programs, APackageIsExtractedIntoAFolderThatIsNewOrEmpty) {
  ASSERT_EQ(run("kip package extract " + kPackage + " --to made/"), 0) << err();
  EXPECT_THAT(out(), HasSubstr("nothing about who made it"));
  EXPECT_EQ(read("made/B01-DN/2026/layout.xml"), "<layout/>");
  EXPECT_EQ(run("kip package extract " + kPackage + " --to made"), 6);
  EXPECT_THAT(err(), HasSubstr("not an empty directory"));
  EXPECT_EQ(run("kip package extract " + kPackage + " --to no/made"), 5);
  EXPECT_EQ(run("kip package extract missing.kpk --to other"), 5);
  EXPECT_EQ(run("kip package extract " + kPackage), 2);
  EXPECT_EQ(run("head -c 1000 " + kPackage + " >cut.kpk; mkdir empty; kip package extract cut.kpk --to empty"), 3);
  EXPECT_TRUE(std::filesystem::is_empty(work_ / "empty"));
  EXPECT_EQ(run("kip package extract cut.kpk --to other/"), 3);
  EXPECT_FALSE(exists("other"));
}

TEST_F(Programs, LaunchBecomesTheProgramAndSharesTheLock) {
  write("launch.lock", "");
  const std::string launch = "kip-updater --dir . launch -- ";
  EXPECT_EQ(run(launch + R"(sh -c 'echo "$0 $*"; exit 5' a --json -x)"), 5) << err();
  EXPECT_EQ(out(), "a --json -x\n");
  // As long as it runs, nobody gets the lock for himself; others may share it.
  EXPECT_EQ(run(launch + "flock --nonblock launch.lock true"), 1);
  EXPECT_EQ(run(launch + "flock --nonblock --shared launch.lock " + launch + "true"), 0) << err();
  EXPECT_EQ(run("flock --nonblock launch.lock true"), 0);
}

TEST_F(Programs, LaunchStartsNothingWhileAnUpdateIsUnderWay) {
  const std::string launch = "kip-updater --dir . launch -- touch started";
  EXPECT_EQ(run(launch), 5);
  EXPECT_THAT(err(), HasSubstr("name its folder with --dir"));
  write("launch.lock", "");
  EXPECT_EQ(run("flock launch.lock " + launch), 15);
  EXPECT_THAT(err(), HasSubstr("an update is being put in use"));
  write("launch.guard", "x");
  EXPECT_EQ(run(launch), 6);
  EXPECT_THAT(err(), HasSubstr("an update was interrupted"));
  EXPECT_FALSE(exists("started"));
}

constexpr const char* kTwoVersions =
    "mkdir old new; seq 10000 >old/a; (seq 10000; echo more) >new/a; echo same | tee old/b >new/b; "
    "kip pack old --product p --version 1.0 && kip pack new --product p --version 1.1 --from p-1.0.kpk";

TEST_F(Programs, APackMakesDeltasFromEarlierPackages) {
  ASSERT_EQ(run(kTwoVersions), 0) << err();
  EXPECT_THAT(out(), HasSubstr("Delta   p-1.1.from-1.0.kpd ("));
  EXPECT_THAT(out(), HasSubstr("from 1.0, 1 files patched, 0 whole, 1 copied"));
  EXPECT_LT(std::filesystem::file_size(work_ / "p-1.1.from-1.0.kpd"), 700U);
  ASSERT_EQ(run("kip package inspect p-1.1.from-1.0.kpd"), 0) << err();
  EXPECT_THAT(out(), StartsWith("A delta of p: from 1.0 to 1.1\n"));
  ASSERT_EQ(run("kip package extract p-1.1.from-1.0.kpd --base p-1.0.kpk --to made && diff -r made new"), 0) << err();
  EXPECT_THAT(out(), HasSubstr("Made p 1.1 of p-1.0.kpk: 2 files"));
  EXPECT_EQ(run("ls -A | grep scratch"), 1) << out();
  // Of packages that are there already, and under another name.
  ASSERT_EQ(run("cp p-1.1.kpk other.kpk; kip package delta other.kpk --from p-1.0.kpk --json"), 0) << err();
  EXPECT_THAT(out(), HasSubstr("\"file\":\"other.from-1.0.kpd\""));
  EXPECT_EQ(run("cmp other.from-1.0.kpd p-1.1.from-1.0.kpd"), 0);
}

TEST_F(Programs, DeltasThatCannotBeAreRefusedBeforeAnythingIsWritten) {
  ASSERT_EQ(run(kTwoVersions), 0) << err();
  ASSERT_EQ(run("kip pack old --product q --version 1.0"), 0) << err();
  const auto refused = [this](const std::string& options, const char* part) {
    EXPECT_EQ(run("kip pack new --product p --version 1.2 " + options), 2) << options;
    EXPECT_THAT(err(), HasSubstr(part));
    EXPECT_FALSE(exists("p-1.2.kpk")) << options;
  };
  refused("--from q-1.0.kpk", "q-1.0.kpk is a package of q");
  refused("--from p-1.0.kpk --from ./p-1.0.kpk", "name each version once");
  EXPECT_EQ(run("kip pack new --product p --version 1.1 --from p-1.1.kpk"), 2);
  EXPECT_EQ(run("kip pack new --product p --version 1.2 --from missing.kpk"), 5);
  EXPECT_EQ(run("kip package extract p-1.1.from-1.0.kpd --to made"), 2);
  EXPECT_THAT(err(), HasSubstr("by --base"));
  EXPECT_EQ(run("kip package extract p-1.1.from-1.0.kpd --base q-1.0.kpk --to made"), 6);
  EXPECT_THAT(err(), HasSubstr("starts from version 1.0 of p"));
  EXPECT_THAT(err(), HasSubstr("the base is version 1.0 of q"));
  EXPECT_EQ(run("kip package extract p-1.1.kpk --base p-1.0.kpk --to made"), 2);
  EXPECT_FALSE(exists("made"));
}

TEST_F(Programs, ADeltaThatIsEndedLeavesNothing) {
  ASSERT_EQ(run("mkdir old new; head -c 3000000 /dev/urandom >old/a; head -c 3000000 /dev/urandom >new/a; "
                "kip pack old --product p --version 1 && kip pack new --product p --version 2"),
            0)
      << err();
  const std::string seen = " & until [ -e .p-2.from-1.kpd.kip-tmp ]; do :; done; kill -TERM $!; wait $!";
  EXPECT_EQ(run("kip package delta p-2.kpk --from p-1.kpk" + seen), kTerminated);
  EXPECT_EQ(run("ls -A"), 0);
  EXPECT_THAT(out(), ::testing::Not(HasSubstr("from")));
}

/// Two versions of a workbook, as a program saves them: compressed, with the time, and one number changed.
constexpr const char* kWorkbooks = R"(
import os, random, zipfile
chance = random.Random(1)
rows = ["<row n='%d' v='%d'/>" % (n, chance.randrange(10**6)) for n in range(20000)]
for version, rows in (("old", rows), ("new", rows[:9000] + ["<row n='9000' v='2026'/>"] + rows[9001:])):
    os.mkdir(version)
    with zipfile.ZipFile(version + "/form.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sheet1.xml", "".join(rows))
        book.writestr("[Content_Types].xml", "<Types/>" + " " * 100)
)";

constexpr const char* kSameBooks = R"(
import zipfile
for version, folder in (("old", "one"), ("new", "two")):
    with zipfile.ZipFile(version + "/form.xlsx") as was, zipfile.ZipFile(folder + "/form.xlsx") as now:
        assert now.testzip() is None
        assert now.namelist()[0] == "[Content_Types].xml"
        assert {n: was.read(n) for n in was.namelist()} == {n: now.read(n) for n in now.namelist()}
)";

TEST_F(Programs, ANormalisedWorkbookKeepsItsContentAndPatchesWell) {
  write("books.py", kWorkbooks);
  write("same.py", kSameBooks);
  write("pack.json", R"({"format":"kip.pack/1","acts":[],"forms":[],"notes":{},"normalize_zip":["**/*.xlsx"]})");
  ASSERT_EQ(run("python3 books.py"), 0) << err();
  const auto delta_size = [this](const std::string& product, const std::string& options) {
    const std::string pack = " --product " + product + options + " --version ";
    EXPECT_EQ(run("kip pack old" + pack + "1 && kip pack new" + pack + "2 --from " + product + "-1.kpk"), 0) << err();
    return std::filesystem::file_size(work_ / (product + "-2.from-1.kpd"));
  };
  const auto plain = delta_size("plain", "");
  const auto normal = delta_size("normal", " --description pack.json");
  EXPECT_LT(normal * 20, plain);
  ASSERT_EQ(run("kip package extract normal-1.kpk --to one && "
                "kip package extract normal-2.from-1.kpd --base normal-1.kpk --to two && python3 same.py"),
            0)
      << err();
}

TEST_F(Programs, ADeadlineIsExplainedInTheLanguageThatIsAskedFor) {
  const std::string compute = "kip deadline compute --jurisdiction VN --on 2025-10-27 --amount 7 --trigger signed";
  ASSERT_EQ(run(compute), 0) << err();
  EXPECT_THAT(out(), HasSubstr("Last day: Mon 03/11/2025\nDue: before 2025-11-03T17:00:00Z\n"));
  EXPECT_THAT(out(), HasSubstr("7th day: Mon 03/11/2025 (Civil Code 2015, art. 148.1)"));
  ASSERT_EQ(run(compute + " --lang zh"), 0) << err();
  EXPECT_THAT(out(), HasSubstr("第7日"));
  ASSERT_EQ(run("kip --json deadline compute --jurisdiction HU --at 2026-01-09T15:00:00+01:00 --amount 2 "
                "--unit working-hour --office 08:00-16:00 --lang hu"),
            0)
      << err();
  const json::Value value = json::parse(out()).value();
  EXPECT_EQ(*value.find("due"), json::Value("2026-01-10T08:00:00Z"));
  EXPECT_EQ(value.find("last_day"), nullptr);
  EXPECT_EQ(*value.find("record")->find("clock"), json::Value("working-hours"));
  EXPECT_EQ(run(compute + " --lang de"), 2);
  EXPECT_THAT(err(), HasSubstr("en, vi, hu, zh"));
  EXPECT_EQ(run("kip deadline compute --jurisdiction VN --on 2025-02-30 --amount 7"), 3);
  EXPECT_THAT(err(), HasSubstr("2025-02-30"));
}

TEST_F(Programs, ADeadlineThatLacksSomethingIsAskedFor) {
  for (const char* options :
       {"", "--jurisdiction VN", "--amount 7", "--batch - --amount 7", "--batch - --on 2025-10-27"}) {
    EXPECT_EQ(run(std::string("kip deadline compute ") + options), 2) << options;
    EXPECT_THAT(err(), HasSubstr("--batch")) << options;
  }
  EXPECT_EQ(run("kip deadline compute --jurisdiction VN --amount 7"), 3);
  EXPECT_THAT(err(), HasSubstr("2025-10-27"));
  EXPECT_EQ(run("kip deadline compute --jurisdiction VN --amount -7 --on 2025-10-27"), 3);
  EXPECT_THAT(err(), HasSubstr("allowed are 1 to"));
}

TEST_F(Programs, TheListOfObligationsShowsTheWarningsOfADeadline) {
  server_.answer(200,
                 R"({"obligations":[{"number":1,"act":"a","milestone":"published","commitment":"c","state":"running",
    "due":"2027-01-05T17:00:00Z","warnings":{"en":["outside the calendar"],"vi":[]}}]})");
  ASSERT_EQ(run("kip obligation list"), 0) << err();
  EXPECT_THAT(out(), HasSubstr("warning: outside the calendar"));
}

TEST_F(Programs, ABatchIsAnsweredInOrderAndGoesOnAfterBadLines) {
  const std::string good = R"({"id":"N","jurisdiction":"VN","on":"2025-10-27","period":{"amount":7,"unit":"day"}})";
  const auto numbered = [&](const char* id) { return std::string(good).replace(good.find('N'), 1, id); };
  write("batch", numbered("1") + "\r\n\n" + numbered("2").substr(0, 40) + "\n" + std::string(200'000, 'x') + "\n" +
                     numbered("3") + "\n" + numbered("4"));
  for (const char* from : {"--batch batch", "--batch - <batch", "--batch - < <(cat batch)"}) {
    ASSERT_EQ(run(fmt::format("bash -c 'kip deadline compute {}'", from)), 0) << err();
    std::vector<json::Value> answers;
    std::istringstream lines(out());
    for (std::string line; std::getline(lines, line);)
      answers.push_back(json::parse(line).value());
    ASSERT_THAT(answers, SizeIs(5)) << from;
    EXPECT_EQ(*answers[0].find("due"), json::Value("2025-11-03T17:00:00Z"));
    EXPECT_EQ(*answers[1].find("id"), json::Value("2"));
    EXPECT_EQ(*answers[1].find("line"), json::Value(3));
    EXPECT_NE(answers[1].find("error"), nullptr);
    EXPECT_EQ(*answers[2].find("error")->find("code"), json::Value("too-large"));
    EXPECT_EQ(*answers[3].find("id"), json::Value("3"));
    EXPECT_EQ(*answers[4].find("last_day"), json::Value("2025-11-03"));
  }
  EXPECT_EQ(run("kip deadline compute --batch nothing"), 5);
}

TEST_F(Programs, WhoAsksABatchLineByLineGetsEachAnswerAtOnce) {
  write("ask.py", R"(
import subprocess
kip = subprocess.Popen(["kip", "deadline", "compute", "--batch", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for number in range(3):
    kip.stdin.write(b'{"id":%d,"jurisdiction":"VN","on":"2025-10-27","period":{"amount":7,"unit":"day"}}\n' % number)
    kip.stdin.flush()
    assert b'"id":%d,' % number in kip.stdout.readline()
kip.stdin.close()
assert kip.wait() == 0
)");
  EXPECT_EQ(run("timeout 60 python3 ask.py"), 0) << err();
}

TEST_F(Programs, AnAdministratorsCalendarsGoBeforeTheBuiltIn) {
  write("amendment.json", R"({"format":"kip.calendar-amendment/1","country":"VN","version":"ours.1",
    "confirm":[{"date":"2026-11-23","source":"dispatch"}]})");
  ASSERT_EQ(run("mkdir calendars && mv amendment.json calendars"), 0);
  const std::string compute = "kip deadline compute --jurisdiction VN --on 2026-11-16 --amount 7";
  ASSERT_EQ(run(compute), 0) << err();
  EXPECT_THAT(out(), HasSubstr("Last day: Mon 23/11/2026"));
  EXPECT_THAT(out(), HasSubstr("proposed but not confirmed"));
  ASSERT_EQ(run(compute + " --calendars calendars"), 0) << err();
  EXPECT_THAT(out(), HasSubstr("Last day: Wed 25/11/2026"));
  EXPECT_THAT(out(), HasSubstr("calendar VN-2027.1+ours.1"));
  ASSERT_EQ(run("kip deadline calendars --calendars calendars"), 0) << err();
  EXPECT_THAT(out(), HasSubstr("VN-2027.1+ours.1  complete 2024-01-01 to 2026-12-31"));
  EXPECT_THAT(out(), HasSubstr("not confirmed: 2027-02-04"));
  EXPECT_EQ(run(compute + " --calendars empty"), 5);
}

}  // namespace
}  // namespace kip
