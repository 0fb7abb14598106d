// SPDX-License-Identifier: GPL-3.0-or-later
// The configuration as a document: a running gateway, a file, and the draft between them. Whatever
// happens to the file, nothing is lost and the gateway never runs what was not said.
#include "core/session/configdraft.h"
#include "core/session/gatewaysession.h"
#include "core/session/limitadditions.h"
#include "scriptedserver.h"
#include "testclient.h"

#include <QFile>
#include <QLoggingCategory>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using session::ConfigDraft;
using session::GatewaySession;
using State = session::ConfigDraft::State;

namespace {

/// "In force within a second", and a second for a busy machine.
constexpr int Soon = 2'000;

const QByteArray Sample = "# my gateway\n"
                          "server: {port: 0, workers: 1}\n"
                          "providers:\n"
                          "  openai: {base-url: \"@provider\"}\n"
                          "global:\n"
                          "  rate-limit:\n"
                          "    per-api-key: # everybody\n"
                          "      capacity: 60 # plenty\n"
                          "      refill-frequency: 24h\n";

QByteArray withCapacity(const QByteArray &text, int capacity)
{
    return QByteArray(text).replace(
        "capacity: 60", QByteArray("capacity: " + QByteArray::number(capacity)));
}

} // namespace

class TestConfigDraft : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void opensAFile();
    void saysWhyAFileCannotBeOpened();
    void editsUndoesAndRedoes();
    void typingIsOneStep();
    void appliesToFileAndGateway();
    void refusesToApplyAnInvalidDraft();
    void takesOverAnOutsideChange();
    void meetsAnOutsideChangeWithADraft_data();
    void meetsAnOutsideChangeWithADraft();
    void rejectsABrokenFile();
    void brokenFileDoesNotTakeTheDraft();
    void recoversFromABrokenFile();
    void neverOverwritesAChangeItHasNotSeen();
    void restoresTheFileIfTheListenerFails();
    void discardIsUndoable();
    void discardEndsAConflict();
    void countsChanges();
    void saysThatTheFileIsGone();
    void followsThePriceFile();

private:
    [[nodiscard]] QByteArray fileText() const;
    void writeFile(const QByteArray &text) const;
    void setCapacity(int capacity, const QString &mergeId = {});
    void expectRejection(const QString &pattern) const;
    [[nodiscard]] int capacityInForce() const;

    SystemClock m_clock;
    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
    QByteArray m_text;
    std::unique_ptr<test::ScriptedServer> m_provider;
    std::unique_ptr<GatewaySession> m_gateway;
    std::unique_ptr<ConfigDraft> m_draft;
};

void TestConfigDraft::init()
{
    QLoggingCategory::setFilterRules(u"sluice.*.info=false"_s);
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_provider = std::make_unique<test::ScriptedServer>([](const test::ScriptedServer::Call &call) {
        call.socket->write(test::ScriptedServer::ok("{}"));
    });
    m_text = QByteArray(Sample).replace("@provider", m_provider->baseUrl());
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = m_folder->filePath(u"gw.yaml"_s);
    writeFile(m_text);
    m_gateway = std::make_unique<GatewaySession>(m_clock);
    m_draft = std::make_unique<ConfigDraft>(*m_gateway);
    QVERIFY(m_draft->open(m_path));
    QVERIFY(m_gateway->start(m_draft->configuration(), u"gw.yaml"_s));
}

void TestConfigDraft::cleanup()
{
    m_draft.reset();
    m_gateway.reset();
    m_provider.reset();
}

QByteArray TestConfigDraft::fileText() const
{
    QFile file(m_path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void TestConfigDraft::writeFile(const QByteArray &text) const
{
    QFile file(m_path);
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
    QCOMPARE(file.write(text), text.size());
}

void TestConfigDraft::setCapacity(int capacity, const QString &mergeId)
{
    const config::LimitRule rule = m_draft->configuration()->limits.at(0);
    QVERIFY(m_draft->edit(u"set capacity to %1"_s.arg(capacity),
        session::setCapacity(rule, QString::number(capacity)), mergeId));
}

void TestConfigDraft::expectRejection(const QString &pattern) const
{
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(pattern));
}

/// Asks the gateway over its socket, as a client would.
int TestConfigDraft::capacityInForce() const
{
    test::TestClient client(m_gateway->baseUrl());
    const test::Reply reply = client.post("/openai/v1/x", "{}");
    return reply.header("x-ratelimit-limit").toInt();
}

void TestConfigDraft::opensAFile()
{
    QVERIFY(m_draft->state() == State::Clean);
    QCOMPARE(m_draft->text(), m_text);
    QCOMPARE(m_draft->runningText(), m_text);
    QCOMPARE(m_draft->changeCount(), 0);
    QVERIFY(m_draft->undoLabel().isEmpty());
    QCOMPARE(capacityInForce(), 60);
}

void TestConfigDraft::saysWhyAFileCannotBeOpened()
{
    ConfigDraft other(*m_gateway);
    const auto opened = other.open(m_folder->filePath(u"missing.yaml"_s));
    QVERIFY(!opened);
    QVERIFY(opened.error().message.contains("missing.yaml"_L1));
    QVERIFY(!other.apply());
}

void TestConfigDraft::editsUndoesAndRedoes()
{
    QSignalSpy changed(m_draft.get(), &ConfigDraft::changed);
    setCapacity(90);
    QVERIFY(m_draft->state() == State::Draft);
    QCOMPARE(m_draft->text(), withCapacity(m_text, 90));
    QCOMPARE(m_draft->configuration()->limits[0].capacity, 90 * MicroPerUnit);
    QCOMPARE(m_draft->undoLabel(), u"set capacity to 90"_s);
    QVERIFY(!changed.isEmpty());
    // Until it is applied, neither the file nor the gateway knows of it.
    QCOMPARE(fileText(), m_text);
    QCOMPARE(capacityInForce(), 60);

    m_draft->undo();
    QCOMPARE(m_draft->text(), m_text);
    QVERIFY(m_draft->state() == State::Clean);
    QCOMPARE(m_draft->redoLabel(), u"set capacity to 90"_s);
    m_draft->redo();
    QCOMPARE(m_draft->text(), withCapacity(m_text, 90));
    m_draft->redo();
    QCOMPARE(m_draft->text(), withCapacity(m_text, 90));
}

void TestConfigDraft::typingIsOneStep()
{
    setCapacity(9, u"capacity"_s);
    setCapacity(90, u"capacity"_s);
    setCapacity(900, u"capacity"_s);
    m_draft->undo();
    QCOMPARE(m_draft->text(), m_text);
}

void TestConfigDraft::appliesToFileAndGateway()
{
    QSignalSpy applied(m_draft.get(), &ConfigDraft::applied);
    QSignalSpy reloaded(m_draft.get(), &ConfigDraft::reloaded);
    setCapacity(90);
    QVERIFY(m_draft->apply());
    QCOMPARE(fileText(), withCapacity(m_text, 90)); // one changed line
    QCOMPARE(capacityInForce(), 90);
    QVERIFY(m_draft->state() == State::Clean);
    QCOMPARE(applied.size(), 1);
    QCOMPARE(applied[0][0].toString(), u"Applied 1 change"_s);
    // Its own writing is not an outside change; undo goes on working.
    QVERIFY(!reloaded.wait(700));
    m_draft->undo();
    QVERIFY(m_draft->state() == State::Draft);
    QVERIFY(m_draft->apply());
    QCOMPARE(fileText(), m_text);
    QCOMPARE(capacityInForce(), 60);
}

void TestConfigDraft::refusesToApplyAnInvalidDraft()
{
    setCapacity(0);
    QVERIFY(config::hasErrors(m_draft->findings()));
    const auto applied = m_draft->apply();
    QVERIFY(!applied);
    QVERIFY2(applied.error().message.contains("line 8, column 17"_L1),
        qPrintable(applied.error().message));
    QCOMPARE(fileText(), m_text);
    QCOMPARE(capacityInForce(), 60);
    // The form still has values to show.
    QCOMPARE(m_draft->configuration()->limits[0].capacity, 60 * MicroPerUnit);
    m_draft->undo();
    QVERIFY(m_draft->findings().isEmpty() || !config::hasErrors(m_draft->findings()));
    QVERIFY(m_draft->apply());
}

void TestConfigDraft::takesOverAnOutsideChange()
{
    QSignalSpy reloaded(m_draft.get(), &ConfigDraft::reloaded);
    writeFile(withCapacity(m_text, 90));
    QTRY_COMPARE_WITH_TIMEOUT(reloaded.size(), 1, Soon);
    QCOMPARE(m_draft->text(), withCapacity(m_text, 90));
    QVERIFY(m_draft->state() == State::Clean);
    QCOMPARE(capacityInForce(), 90);
    // SIGHUP looks at once.
    writeFile(withCapacity(m_text, 91));
    m_draft->reload();
    QCOMPARE(capacityInForce(), 91);
}

void TestConfigDraft::meetsAnOutsideChangeWithADraft_data()
{
    QTest::addColumn<bool>("keep");
    QTest::newRow("take the file") << false;
    QTest::newRow("keep the draft") << true;
}

void TestConfigDraft::meetsAnOutsideChangeWithADraft()
{
    QFETCH(const bool, keep);
    setCapacity(90);
    const QByteArray outside = withCapacity(m_text, 70);
    writeFile(outside);
    QTRY_VERIFY_WITH_TIMEOUT(m_draft->state() == State::DiskNewer, Soon);
    // The file is the truth and is in force; the draft is still there.
    QCOMPARE(capacityInForce(), 70);
    QCOMPARE(m_draft->text(), withCapacity(m_text, 90));
    const auto applied = m_draft->apply();
    QVERIFY(!applied);
    QVERIFY(applied.error().code == ErrorCode::Conflict);
    QCOMPARE(fileText(), outside);
    if (keep) {
        m_draft->keepDraft();
        QVERIFY(m_draft->state() == State::Draft);
        QVERIFY(m_draft->apply());
        QCOMPARE(fileText(), withCapacity(m_text, 90));
        QCOMPARE(capacityInForce(), 90);
    } else {
        m_draft->takeDisk();
        QVERIFY(m_draft->state() == State::Clean);
        QCOMPARE(m_draft->text(), outside);
        QVERIFY(m_draft->undoLabel().isEmpty());
    }
}

void TestConfigDraft::rejectsABrokenFile()
{
    QSignalSpy rejected(m_draft.get(), &ConfigDraft::outsideChangeRejected);
    expectRejection(u"gw\\.yaml is not in force: line 8, column 17.*last good version stays"_s);
    writeFile(withCapacity(m_text, 0));
    QTRY_COMPARE_WITH_TIMEOUT(rejected.size(), 1, Soon);
    QVERIFY(rejected[0][0].toString().startsWith("line 8, column 17: "_L1));
    QVERIFY(m_draft->state() == State::Broken);
    QCOMPARE(m_draft->text(), withCapacity(m_text, 0)); // what is on disk, to be mended here
    QCOMPARE(m_draft->runningText(), m_text);
    QCOMPARE(capacityInForce(), 60);
    // Bytes that are no YAML at all.
    expectRejection(u"is not in force: line 1"_s);
    writeFile("\xff\xfe{{{: [");
    QTRY_COMPARE_WITH_TIMEOUT(rejected.size(), 2, Soon);
    QCOMPARE(capacityInForce(), 60);
}

void TestConfigDraft::brokenFileDoesNotTakeTheDraft()
{
    setCapacity(90);
    expectRejection(u"is not in force: line 8"_s);
    writeFile(withCapacity(m_text, 0));
    QTRY_VERIFY_WITH_TIMEOUT(m_draft->state() == State::DiskNewer, Soon);
    QCOMPARE(m_draft->text(), withCapacity(m_text, 90));
    m_draft->keepDraft();
    QVERIFY(m_draft->apply());
    QCOMPARE(fileText(), withCapacity(m_text, 90));
    QVERIFY(m_draft->state() == State::Clean);
}

void TestConfigDraft::recoversFromABrokenFile()
{
    expectRejection(u"is not in force: line 8"_s);
    writeFile(withCapacity(m_text, 0));
    QTRY_VERIFY_WITH_TIMEOUT(m_draft->state() == State::Broken, Soon);
    // Mended in the window.
    QVERIFY(m_draft->edit(u"mend"_s, [](const QByteArray &text) -> Result<QByteArray> {
        return QByteArray(text).replace("capacity: 0", "capacity: 75");
    }));
    QVERIFY(m_draft->state() == State::Draft);
    QVERIFY(m_draft->apply());
    QVERIFY(m_draft->state() == State::Clean);
    QCOMPARE(capacityInForce(), 75);
    // Or by going back to what runs: the file is still broken, so there is something to apply.
    expectRejection(u"is not in force: line 8"_s);
    writeFile(withCapacity(m_text, 0));
    QTRY_VERIFY_WITH_TIMEOUT(m_draft->state() == State::Broken, Soon);
    m_draft->discard();
    QVERIFY(m_draft->state() == State::Draft);
    QCOMPARE(m_draft->changeCount(), 1);
    QVERIFY(m_draft->apply());
    QCOMPARE(fileText(), withCapacity(m_text, 75));
    QVERIFY(m_draft->state() == State::Clean);
}

void TestConfigDraft::neverOverwritesAChangeItHasNotSeen()
{
    setCapacity(90);
    const QByteArray outside = withCapacity(m_text, 70);
    writeFile(outside); // and before the watcher has looked:
    const auto applied = m_draft->apply();
    QVERIFY(!applied);
    QVERIFY(applied.error().code == ErrorCode::Conflict);
    QCOMPARE(fileText(), outside);
    QCOMPARE(m_draft->text(), withCapacity(m_text, 90));
    QTRY_VERIFY_WITH_TIMEOUT(m_draft->state() == State::DiskNewer, Soon);
}

void TestConfigDraft::restoresTheFileIfTheListenerFails()
{
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    const QByteArray port = QByteArray::number(other.serverPort());
    const QByteArray before = m_gateway->baseUrl();
    const QByteArray wanted = QByteArray(m_text).replace("port: 0", QByteArray("port: " + port));
    QVERIFY(
        m_draft->edit(u"port"_s, [&](const QByteArray &) -> Result<QByteArray> { return wanted; }));
    const auto applied = m_draft->apply();
    QVERIFY(!applied);
    QVERIFY2(applied.error().message.contains(QString::fromUtf8(port)),
        qPrintable(applied.error().message));
    QCOMPARE(fileText(), m_text);
    QCOMPARE(m_draft->text(), wanted); // to be mended, not to be typed again
    QVERIFY(m_draft->state() == State::Draft);
    QCOMPARE(m_gateway->baseUrl(), before);
    QCOMPARE(capacityInForce(), 60);
    other.close();
    QVERIFY(m_draft->apply());
    QCOMPARE(fileText(), wanted);
    QVERIFY(m_gateway->baseUrl().endsWith(port));
    QCOMPARE(capacityInForce(), 60);
}

void TestConfigDraft::discardIsUndoable()
{
    setCapacity(90);
    m_draft->discard();
    QVERIFY(m_draft->state() == State::Clean);
    QCOMPARE(m_draft->text(), m_text);
    m_draft->undo();
    QCOMPARE(m_draft->text(), withCapacity(m_text, 90));
    m_draft->undo();
    QCOMPARE(m_draft->text(), m_text);
    m_draft->discard(); // nothing to discard is no step
    QVERIFY(m_draft->undoLabel().isEmpty());
}

void TestConfigDraft::discardEndsAConflict()
{
    setCapacity(90);
    writeFile(withCapacity(m_text, 70));
    QTRY_VERIFY_WITH_TIMEOUT(m_draft->state() == State::DiskNewer, Soon);
    m_draft->discard();
    QVERIFY(m_draft->state() == State::Clean);
    QCOMPARE(m_draft->text(), withCapacity(m_text, 70));
    m_draft->undo();
    QCOMPARE(m_draft->text(), withCapacity(m_text, 90));
}

void TestConfigDraft::countsChanges()
{
    setCapacity(90);
    QCOMPARE(m_draft->changeCount(), 1);
    const session::LimitPlace place{
        config::LimitScope::Global, {}, {config::SegmentKind::EndUser, {}}};
    QVERIFY(m_draft->edit(u"add"_s, session::addLimit(place, u"5"_s, u"1m"_s)));
    QCOMPARE(m_draft->changeCount(), 2);
    // A comment above the limits moves their lines and changes none of them.
    m_draft->discard();
    QVERIFY(m_draft->edit(u"comment"_s, [](const QByteArray &text) -> Result<QByteArray> {
        return QByteArray("# another line\n" + text);
    }));
    QCOMPARE(m_draft->changeCount(), 1);
    QVERIFY(m_draft->apply());
    QCOMPARE(m_draft->changeCount(), 0);
}

void TestConfigDraft::saysThatTheFileIsGone()
{
    QSignalSpy rejected(m_draft.get(), &ConfigDraft::outsideChangeRejected);
    expectRejection(u"gw\\.yaml.*last good version stays"_s);
    QVERIFY(QFile::remove(m_path));
    QTRY_COMPARE_WITH_TIMEOUT(rejected.size(), 1, Soon);
    QCOMPARE(capacityInForce(), 60);
    writeFile(withCapacity(m_text, 90));
    QTRY_COMPARE_WITH_TIMEOUT(m_draft->text(), withCapacity(m_text, 90), Soon);
    QCOMPARE(capacityInForce(), 90);
}

void TestConfigDraft::followsThePriceFile()
{
    const auto writePrices = [this](const QByteArray &text) {
        QFile file(m_folder->filePath(u"prices.yaml"_s));
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        QCOMPARE(file.write(text), text.size());
    };
    const auto inForce = [this] { return m_gateway->configuration()->prices.models.size(); };
    const QByteArray one = "openai/a: {input: 1, output: 1}\n";
    const QByteArray two = one + "openai/b: {input: 1, output: 1}\n";
    QCOMPARE(inForce(), size_t(0));

    // Named before it is there: refused, and taken over as soon as it is.
    const QByteArray text = m_text + "prices: {file: prices.yaml}\n";
    expectRejection(u"is not in force: line 10, column 16: cannot read prices\\.yaml"_s);
    writeFile(text);
    QTRY_VERIFY_WITH_TIMEOUT(m_draft->state() == State::Broken, Soon);
    writePrices(one);
    QTRY_COMPARE_WITH_TIMEOUT(inForce(), size_t(1), Soon);
    QVERIFY(m_draft->state() == State::Clean);
    QCOMPARE(m_draft->text(), text);

    writePrices(two);
    QTRY_COMPARE_WITH_TIMEOUT(inForce(), size_t(2), Soon);

    // Broken: what was good stays, and a draft beside it.
    setCapacity(90);
    expectRejection(u"is not in force: .*prices\\.yaml, line 1, column 19"_s);
    QSignalSpy rejected(m_draft.get(), &ConfigDraft::outsideChangeRejected);
    writePrices("openai/a: {input: x, output: 1}\n");
    QTRY_COMPARE_WITH_TIMEOUT(rejected.size(), 1, Soon);
    QCOMPARE(inForce(), size_t(2));
    QCOMPARE(m_draft->text(), withCapacity(text, 90));
    QVERIFY(config::hasErrors(m_draft->findings()));

    // Whoever asks need not wait.
    writePrices(one);
    m_draft->reload();
    QCOMPARE(inForce(), size_t(1));
    QVERIFY(!config::hasErrors(m_draft->findings()));
    QVERIFY(m_draft->apply());
    QCOMPARE(capacityInForce(), 90);
}

QTEST_GUILESS_MAIN(TestConfigDraft)
#include "tst_configdraft.moc"
