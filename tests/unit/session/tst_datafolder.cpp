// SPDX-License-Identifier: GPL-3.0-or-later
// The data directory: one for each configuration, its owner's alone, and one process's at a time.
#include "core/session/configpath.h"
#include "core/session/datafolder.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <thread>

using namespace sluice;
using namespace Qt::StringLiterals;
using session::DataFolder;

namespace {

constexpr auto OwnerOnly = QFileDevice::ReadOwner | QFileDevice::WriteOwner | QFileDevice::ReadUser
    | QFileDevice::WriteUser;

bool write(const QString &path, const QByteArray &text)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
}

} // namespace

class TestDataFolder : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();

    void isItsOwnersAlone();
    void anExistingFolderStaysAsItIs();
    void isHeldByOne();
    void isFreeAfterwards();
    void waitsForACommand();
    void saysWhereTheGatewayIs();
    void forgetsWhatAKilledGatewayLeft();
    void cannotBeMade();
    void makesOneToken();
    void refusesABrokenToken_data();
    void refusesABrokenToken();
    void aTokenIsItsOwnersAlone();
    void refusesATokenThatOthersMayWrite();

    void belongsToTheConfiguration();
    void theOptionWins();
    void tellsOfFormerData_data();
    void tellsOfFormerData();

private:
    [[nodiscard]] QString path(const QString &name) const { return m_folder->filePath(name); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestDataFolder::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_folder = std::make_unique<QTemporaryDir>();
}

void TestDataFolder::isItsOwnersAlone()
{
    DataFolder data(path(u"a/data"_s));
    QVERIFY(!QDir(data.path()).exists());
    QVERIFY(data.acquire(u"test"_s, DataFolder::Use::Gateway));
    QVERIFY(data.isHeld());
    QCOMPARE(
        QFile::permissions(data.path()), OwnerOnly | QFileDevice::ExeOwner | QFileDevice::ExeUser);
    QCOMPARE(QFile::permissions(path(u"a/data/lock"_s)), OwnerOnly);
}

void TestDataFolder::anExistingFolderStaysAsItIs()
{
    const QString folder = path(u"shared"_s);
    QVERIFY(QDir().mkpath(folder));
    const auto before = QFile::permissions(folder);
    DataFolder data(folder);
    QVERIFY(data.acquire(u"test"_s, DataFolder::Use::Gateway));
    QCOMPARE(QFile::permissions(folder), before);
}

void TestDataFolder::isHeldByOne()
{
    DataFolder first(path(u"data"_s));
    QVERIFY(first.acquire(u"sluicectl serve"_s, DataFolder::Use::Gateway));
    QVERIFY(first.acquire(u"sluicectl serve"_s, DataFolder::Use::Gateway)); // it has it already
    QVERIFY(first.announce("http://127.0.0.1:8080"));
    DataFolder second(path(u"data"_s));
    const auto taken = second.acquire(u"sluice"_s, DataFolder::Use::Gateway);
    QVERIFY(!taken);
    QVERIFY(!second.isHeld());
    QCOMPARE(taken.error().code, ErrorCode::Busy);
    const QString pid = QString::number(QCoreApplication::applicationPid());
    for (const QString &part :
        {path(u"data"_s), u"sluicectl serve"_s, pid, u"http://127.0.0.1:8080"_s, u"--data-dir"_s})
        QVERIFY2(taken.error().message.contains(part), qPrintable(taken.error().message));
}

void TestDataFolder::isFreeAfterwards()
{
    const QString folder = path(u"data"_s);
    QVERIFY(!DataFolder::holderOf(folder));
    {
        DataFolder first(folder);
        QVERIFY(first.acquire(u"one"_s, DataFolder::Use::Gateway));
        const auto holder = DataFolder::holderOf(folder);
        QVERIFY(holder);
        QCOMPARE(holder->program, u"one"_s);
        QCOMPARE(holder->pid, QCoreApplication::applicationPid());
        QVERIFY(holder->url.isEmpty());
    }
    QVERIFY(!DataFolder::holderOf(folder));
    DataFolder second(folder);
    QVERIFY(second.acquire(u"a longer name than before"_s, DataFolder::Use::Command));
    QCOMPARE(DataFolder::holderOf(folder).value_or(DataFolder::Holder()).program,
        u"a longer name than before"_s);
}

void TestDataFolder::waitsForACommand()
{
    const QString folder = path(u"data"_s);
    auto command = std::make_unique<DataFolder>(folder);
    QVERIFY(command->acquire(u"sluicectl block"_s, DataFolder::Use::Command));
    DataFolder gateway(folder);
    Result<void> taken;
    std::thread start([&] { taken = gateway.acquire(u"serve"_s, DataFolder::Use::Gateway); });
    QElapsedTimer time;
    time.start();
    [[maybe_unused]] const bool passed =
        QTest::qWaitFor([&time] { return time.elapsed() > 300; }, 5'000);
    command.reset();
    start.join();
    QVERIFY(taken);
}

void TestDataFolder::saysWhereTheGatewayIs()
{
    const QString folder = path(u"data"_s);
    DataFolder data(folder);
    QVERIFY(data.acquire(u"sluice"_s, DataFolder::Use::Gateway));
    QVERIFY(data.announce("http://127.0.0.1:1"));
    QCOMPARE(QFile::permissions(path(u"data/gateway.json"_s)), OwnerOnly);
    QCOMPARE(
        DataFolder::holderOf(folder).value_or(DataFolder::Holder()).url, "http://127.0.0.1:1"_ba);
    QVERIFY(data.announce("http://127.0.0.1:2")); // it has moved
    QCOMPARE(
        DataFolder::holderOf(folder).value_or(DataFolder::Holder()).url, "http://127.0.0.1:2"_ba);
    data.withdraw();
    QVERIFY(DataFolder::holderOf(folder).value_or(DataFolder::Holder()).url.isEmpty());
    QVERIFY(!QFile::exists(path(u"data/gateway.json"_s)));
}

void TestDataFolder::forgetsWhatAKilledGatewayLeft()
{
    const QByteArray lock = "{\"pid\":1,\"program\":\"sluicectl serve\",\"use\":\"gateway\"}";
    const QByteArray gateway = "{\"pid\":1,\"url\":\"http://127.0.0.1:1\"}";
    const QString folder = path(u"data"_s);
    QVERIFY(QDir().mkpath(folder));
    QVERIFY(write(path(u"data/lock"_s), lock));
    QVERIFY(write(path(u"data/gateway.json"_s), gateway));
    QVERIFY(!DataFolder::holderOf(folder));
    DataFolder data(folder);
    QVERIFY(data.acquire(u"sluice"_s, DataFolder::Use::Gateway));
    QVERIFY(!QFile::exists(path(u"data/gateway.json"_s)));
    QVERIFY(DataFolder::holderOf(folder).value_or(DataFolder::Holder()).url.isEmpty());
}

void TestDataFolder::cannotBeMade()
{
    QVERIFY(write(path(u"file"_s), "no folder"));
    DataFolder data(path(u"file/data"_s));
    const auto taken = data.acquire(u"sluice"_s, DataFolder::Use::Gateway);
    QVERIFY(!taken);
    QCOMPARE(taken.error().code, ErrorCode::Io);
    QVERIFY(taken.error().message.contains(u"file/data"_s));
}

void TestDataFolder::makesOneToken()
{
    QByteArrayList tokens;
    for (const QString &name : {u"a"_s, u"b"_s, u"a"_s}) {
        DataFolder data(path(name));
        QVERIFY(data.acquire(u"sluice"_s, DataFolder::Use::Gateway));
        const auto token = data.adminToken();
        QVERIFY(token);
        QCOMPARE(token->size(), 64); // 256 bits
        QCOMPARE(*DataFolder::readToken(path(name)), *token);
        tokens.append(*token);
    }
    QVERIFY(tokens[0] != tokens[1]);
    QCOMPARE(tokens[2], tokens[0]); // kept
    const auto none = DataFolder::readToken(path(u"c"_s));
    QVERIFY(!none);
    QCOMPARE(none.error().code, ErrorCode::NotFound);
}

void TestDataFolder::refusesABrokenToken_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("nothing") << ""_ba;
    QTest::newRow("short") << "0123456789abcdef"_ba;
    QTest::newRow("other letters") << QByteArray(64, 'x');
    QTest::newRow("long") << QByteArray(65, 'a');
    QTest::newRow("binary") << QByteArray(64, '\0');
}

void TestDataFolder::refusesABrokenToken()
{
    QFETCH(QByteArray, text);
    DataFolder data(path(u"data"_s));
    QVERIFY(data.acquire(u"sluice"_s, DataFolder::Use::Gateway));
    QVERIFY(write(path(u"data/admin-token"_s), text));
    const auto token = data.adminToken();
    QVERIFY(!token);
    QCOMPARE(token.error().code, ErrorCode::Invalid);
    QVERIFY(token.error().message.contains(u"admin-token"_s));
    QFile file(path(u"data/admin-token"_s));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), text); // left as it is
}

void TestDataFolder::aTokenIsItsOwnersAlone()
{
    DataFolder data(path(u"data"_s));
    QVERIFY(data.acquire(u"sluice"_s, DataFolder::Use::Gateway));
    QVERIFY(data.adminToken());
    const QString token = path(u"data/admin-token"_s);
    QCOMPARE(QFile::permissions(token), OwnerOnly);
    QVERIFY(QFile::setPermissions(token, OwnerOnly | QFileDevice::ReadOther));
    QVERIFY(data.adminToken());
    QCOMPARE(QFile::permissions(token), OwnerOnly);
}

void TestDataFolder::refusesATokenThatOthersMayWrite()
{
    DataFolder data(path(u"data"_s));
    QVERIFY(data.acquire(u"sluice"_s, DataFolder::Use::Gateway));
    QVERIFY(data.adminToken());
    QVERIFY(
        QFile::setPermissions(path(u"data/admin-token"_s), OwnerOnly | QFileDevice::WriteOther));
    const auto token = data.adminToken();
    QVERIFY(!token);
    QCOMPARE(token.error().code, ErrorCode::Invalid);
}

// --- which directory -----------------------------------------------------------------------------

void TestDataFolder::belongsToTheConfiguration()
{
    QVERIFY(write(path(u"team.prod.yaml"_s), ""));
    QVERIFY(QDir().mkpath(path(u"other"_s)));
    QVERIFY(write(path(u"other/team.prod.yaml"_s), ""));
    QVERIFY(QFile::link(path(u"team.prod.yaml"_s), path(u"link.yaml"_s)));
    QVERIFY(QFile::link(m_folder->path(), path(u"folder-link"_s)));
    const auto found = [this](
                           const QString &name) { return session::findDataFolder({}, path(name)); };
    const QString folder = found(u"team.prod.yaml"_s);
    QVERIFY2(QRegularExpression(u"/team\\.prod-[0-9a-f]{16}$"_s).match(folder).hasMatch(),
        qPrintable(folder));
    QVERIFY(folder.startsWith(
        QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + u'/'));
    QCOMPARE(found(u"link.yaml"_s), folder);
    QCOMPARE(found(u"folder-link/team.prod.yaml"_s), folder);
    QCOMPARE(found(u"other/../team.prod.yaml"_s), folder);
    QVERIFY(found(u"other/team.prod.yaml"_s) != folder);
    // One that is written later has its directory already.
    const QString later = found(u"folder-link/later.yaml"_s);
    QVERIFY(write(path(u"later.yaml"_s), ""));
    QCOMPARE(found(u"later.yaml"_s), later);
    // However long its name is, a folder can be called so.
    const QString longest = found(QString(240, u'ä') + u".yaml"_s);
    QVERIFY(longest.section(u'/', -1).toUtf8().size() < 255);
}

void TestDataFolder::theOptionWins()
{
    QCOMPARE(session::findDataFolder(u"/x/y"_s, u"a.yaml"_s), u"/x/y"_s);
}

void TestDataFolder::tellsOfFormerData_data()
{
    QTest::addColumn<QString>("former"); // a file that is there
    QTest::addColumn<bool>("isNew"); // the directory is not there yet
    QTest::addColumn<bool>("isTold");
    QTest::newRow("nothing") << QString() << true << false;
    QTest::newRow("a ledger") << u"ledger.sqlite"_s << true << true;
    QTest::newRow("operations") << u"operations.json"_s << true << true;
    QTest::newRow("something else") << u"notes.txt"_s << true << false;
    QTest::newRow("told before") << u"ledger.sqlite"_s << false << false;
}

void TestDataFolder::tellsOfFormerData()
{
    QFETCH(QString, former);
    QFETCH(bool, isNew);
    QFETCH(bool, isTold);
    qputenv("XDG_DATA_HOME", m_folder->path().toUtf8());
    const QString all = QStandardPaths::writableLocation(QStandardPaths::AppDataLocation);
    const QString folder = session::findDataFolder({}, path(u"gw.yaml"_s));
    QVERIFY(QDir().mkpath(isNew ? all : folder));
    if (!former.isEmpty())
        QVERIFY(write(QDir(all).filePath(former), "x"));
    const QString notice = session::formerDataNotice(folder);
    QCOMPARE(!notice.isEmpty(), isTold);
    if (isTold) {
        QVERIFY(notice.contains(all));
        QVERIFY(notice.contains(folder));
        QVERIFY(notice.contains(former));
    }
    QVERIFY(session::formerDataNotice(path(u"elsewhere"_s)).isEmpty());
    qunsetenv("XDG_DATA_HOME");
}

QTEST_GUILESS_MAIN(TestDataFolder)
#include "tst_datafolder.moc"
