// SPDX-License-Identifier: GPL-3.0-or-later
// A running gateway and its data directory: taken before the start, told to commands while it runs,
// another one for another configuration.
#include "core/session/configdraft.h"
#include "core/session/configpath.h"
#include "core/session/datafolder.h"
#include "core/session/gatewayhome.h"
#include "core/session/gatewaysession.h"
#include "core/session/limitoperations.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using session::DataFolder;
using session::GatewayHome;
using State = session::GatewaySession::State;

namespace {

const QByteArray Text = "server: {port: 0, workers: 1}\nglobal:\n  rate-limit:\n"
                        "    shared: {name: all, capacity: 5, refill-frequency: 1h}\n";
const limits::Segment Users{limits::SegmentKind::EndUser, {}};

bool write(const QString &path, const QByteArray &text)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
}

/// What a program puts together.
struct Program
{
    SystemClock clock;
    session::GatewaySession gateway{clock};
    session::LimitOperations operations{gateway.limiter()};
    session::ConfigDraft draft{gateway};
    GatewayHome home{gateway, operations, draft};

    Result<void> start(const QString &path)
    {
        if (auto opened = draft.open(path); !opened)
            return opened;
        return gateway.start(draft.runningConfiguration(), QFileInfo(path).fileName());
    }
};

} // namespace

class TestGatewayHome : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void tellsWhereItIsWhileItRuns();
    void followsAMovedListener();
    void keepsTheDirectoryUntilItEnds();
    void doesNotStartBesideAnother();
    void anotherConfigurationHasAnotherDirectory();
    void brokenOperations_data();
    void brokenOperations();
    void runsWhereNothingCanBeKept();

private:
    [[nodiscard]] QString path(const QString &name) const { return m_folder->filePath(name); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestGatewayHome::init()
{
    if (qstrcmp(QTest::currentTestFunction(), "runsWhereNothingCanBeKept") != 0)
        QTest::failOnWarning(QRegularExpression(u"^(?!authentication is off)"_s));
    m_folder = std::make_unique<QTemporaryDir>();
    qputenv("XDG_DATA_HOME", path(u"home"_s).toUtf8());
    QVERIFY(write(path(u"a.yaml"_s), Text));
    QVERIFY(write(path(u"b.yaml"_s), Text));
}

void TestGatewayHome::cleanup()
{
    qunsetenv("XDG_DATA_HOME");
}

void TestGatewayHome::tellsWhereItIsWhileItRuns()
{
    const QString folder = path(u"data"_s);
    Program program;
    program.home.use(folder, u"test"_s, GatewayHome::OnBroken::Refuse);
    QVERIFY(!QDir(folder).exists());
    QCOMPARE(program.operations.block(Users, "bob"), session::LimitOperations::Id{0});
    QVERIFY(program.start(path(u"a.yaml"_s)));
    QCOMPARE(
        DataFolder::holderOf(folder).value_or(DataFolder::Holder()).url, program.gateway.baseUrl());
    QVERIFY(DataFolder::readToken(folder));
    QVERIFY(program.operations.block(Users, "bob") != 0);
    program.gateway.stop(std::chrono::milliseconds::zero());
    QVERIFY(DataFolder::holderOf(folder).value_or(DataFolder::Holder()).url.isEmpty());
}

void TestGatewayHome::followsAMovedListener()
{
    const QString folder = path(u"data"_s);
    Program program;
    program.home.use(folder, u"test"_s, GatewayHome::OnBroken::Refuse);
    QVERIFY(program.start(path(u"a.yaml"_s)));
    const QByteArray before = program.gateway.baseUrl();
    const auto moved = program.draft.edit(u"move"_s, [](QByteArray text) -> Result<QByteArray> {
        return text.replace("workers: 1", "workers: 2");
    });
    QVERIFY(moved);
    QVERIFY(program.draft.apply());
    QVERIFY(program.gateway.baseUrl() != before);
    QCOMPARE(
        DataFolder::holderOf(folder).value_or(DataFolder::Holder()).url, program.gateway.baseUrl());
}

void TestGatewayHome::keepsTheDirectoryUntilItEnds()
{
    const QString folder = path(u"data"_s);
    {
        Program program;
        program.home.use(folder, u"test"_s, GatewayHome::OnBroken::Refuse);
        QVERIFY(program.start(path(u"a.yaml"_s)));
        program.gateway.stop(std::chrono::milliseconds::zero());
        QVERIFY(DataFolder::holderOf(folder)); // its counters and blocks are in memory
        QVERIFY(program.start(path(u"a.yaml"_s)));
        QCOMPARE(program.gateway.state(), State::Running);
    }
    QVERIFY(!DataFolder::holderOf(folder));
    QVERIFY(!QFile::exists(path(u"data/gateway.json"_s)));
}

void TestGatewayHome::doesNotStartBesideAnother()
{
    const QString folder = path(u"data"_s);
    auto other = std::make_unique<DataFolder>(folder);
    QVERIFY(other->acquire(u"another"_s, DataFolder::Use::Gateway));
    Program program;
    program.home.use(folder, u"test"_s, GatewayHome::OnBroken::Refuse);
    const auto started = program.start(path(u"a.yaml"_s));
    QVERIFY(!started);
    QCOMPARE(started.error().code, ErrorCode::Busy);
    QVERIFY(program.home.isTakenByOther());
    QCOMPARE(program.gateway.state(), State::Failed);
    QVERIFY(program.gateway.error().contains(u"another"_s));
    QCOMPARE(QDir(folder).entryList(QDir::Files), QStringList(u"lock"_s)); // of the other one
    other.reset();
    QVERIFY(program.start(path(u"a.yaml"_s)));
    QVERIFY(!program.home.isTakenByOther());
}

void TestGatewayHome::anotherConfigurationHasAnotherDirectory()
{
    Program program;
    program.home.use({}, u"test"_s, GatewayHome::OnBroken::Refuse);
    const QString a = session::findDataFolder({}, path(u"a.yaml"_s));
    const QString b = session::findDataFolder({}, path(u"b.yaml"_s));
    QVERIFY(program.start(path(u"a.yaml"_s)));
    QVERIFY(DataFolder::holderOf(a));
    QVERIFY(program.operations.block(Users, "bob") != 0);
    program.gateway.stop(std::chrono::milliseconds::zero());
    QVERIFY(program.start(path(u"b.yaml"_s)));
    QVERIFY(!DataFolder::holderOf(a));
    QVERIFY(DataFolder::holderOf(b));
    QVERIFY(program.operations.inForce().isEmpty());
    program.gateway.stop(std::chrono::milliseconds::zero());
    QVERIFY(program.start(path(u"a.yaml"_s)));
    QCOMPARE(program.operations.inForce().blocks.size(), size_t{1});
}

void TestGatewayHome::brokenOperations_data()
{
    QTest::addColumn<bool>("mayStart");
    QTest::newRow("refuse") << false;
    QTest::newRow("tell") << true;
}

void TestGatewayHome::brokenOperations()
{
    QFETCH(bool, mayStart);
    QVERIFY(QDir().mkpath(path(u"data"_s)));
    QVERIFY(write(path(u"data/operations.json"_s), "oops"));
    Program program;
    QSignalSpy told(&program.home, &GatewayHome::notKept);
    program.home.use(path(u"data"_s), u"test"_s,
        mayStart ? GatewayHome::OnBroken::Tell : GatewayHome::OnBroken::Refuse);
    if (mayStart)
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"operations\\.json"_s));
    QCOMPARE(program.start(path(u"a.yaml"_s)).has_value(), mayStart);
    QCOMPARE(told.size(), mayStart ? 1 : 0);
    if (mayStart)
        return;
    QVERIFY(program.gateway.error().contains(u"operations.json"_s));
    QVERIFY(QFile::remove(path(u"data/operations.json"_s))); // mended
    QVERIFY(program.start(path(u"a.yaml"_s)));
}

void TestGatewayHome::runsWhereNothingCanBeKept()
{
    QVERIFY(write(path(u"file"_s), "no folder"));
    Program program;
    QSignalSpy told(&program.home, &GatewayHome::notKept);
    program.home.use(path(u"file/data"_s), u"test"_s, GatewayHome::OnBroken::Refuse);
    QVERIFY(program.start(path(u"a.yaml"_s)));
    QCOMPARE(told.size(), 1);
    QVERIFY(told.at(0).at(0).toString().contains(u"nothing is kept"_s));
    QCOMPARE(program.gateway.state(), State::Running);
}

QTEST_GUILESS_MAIN(TestGatewayHome)
#include "tst_gatewayhome.moc"
