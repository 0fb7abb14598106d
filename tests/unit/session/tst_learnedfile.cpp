// SPDX-License-Identifier: GPL-3.0-or-later
// What was learned about models survives a restart of the gateway, and no state of its file stops
// anything.
#include "core/config/loader.h"
#include "core/metering/tokens/learnedmodels.h"
#include "core/session/gatewaysession.h"
#include "core/session/learnedfile.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using metering::LearnedModels;
using session::LearnedFile;

namespace {

const QByteArray Model = "openai/gpt-4o";

class StillClock final : public Clock
{
public:
    EngineTime time{std::chrono::seconds(1'772'460'132)};

    [[nodiscard]] EngineTime now() const override { return time; }

    [[nodiscard]] std::chrono::milliseconds wall() const override
    {
        return std::chrono::floor<std::chrono::milliseconds>(time);
    }
};

void teach(LearnedModels &models)
{
    LearnedModels::Sample sample;
    sample.estimatedInput = 100;
    sample.reportedInput = 150;
    for (int i = 0; i < 20; ++i)
        models.learn(Model, sample);
}

/// What one run of the program has.
struct Run
{
    explicit Run(const QString &folder) { file.open(folder); }

    StillClock clock;
    LearnedModels models;
    LearnedFile file{models, clock};
};

} // namespace

class TestLearnedFile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void goesOnAfterRestart();
    void savesEveryFewMinutes();
    void writesOnlyWhatIsNew();
    void replacesBrokenFile();
    void warnsWhereItCannotWrite();
    void isKeptByTheGateway();

private:
    [[nodiscard]] QString path() const { return m_folder->filePath(u"learned.json"_s); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestLearnedFile::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(m_folder->isValid());
}

void TestLearnedFile::goesOnAfterRestart()
{
    const QString folder = m_folder->filePath(u"not/there/yet"_s);
    Run first(folder);
    teach(first.models);
    first.file.save();
    const Run second(folder);
    QCOMPARE(second.models.correctedInput(Model, 1'000), 1'500);
    const auto others = QFileDevice::ReadGroup | QFileDevice::ReadOther;
    QVERIFY(!(QFile::permissions(QDir(folder).filePath(u"learned.json"_s)) & others));
}

void TestLearnedFile::savesEveryFewMinutes()
{
    Run run(m_folder->path());
    teach(run.models);
    run.file.saveIfDue();
    QVERIFY(!QFile::exists(path()));
    run.clock.time += 5min;
    run.file.saveIfDue();
    QVERIFY(QFile::exists(path()));
    QVERIFY(QFile::remove(path()));
    teach(run.models);
    run.clock.time += 4min;
    run.file.saveIfDue();
    QVERIFY(!QFile::exists(path()));
    run.clock.time += 1min;
    run.file.saveIfDue();
    QVERIFY(QFile::exists(path()));
}

void TestLearnedFile::writesOnlyWhatIsNew()
{
    Run first(m_folder->path());
    first.file.save();
    QVERIFY(!QFile::exists(path()));
    teach(first.models);
    first.file.save();
    QVERIFY(QFile::remove(path()));
    first.file.save();
    QVERIFY(!QFile::exists(path()));

    StillClock clock;
    LearnedModels models;
    LearnedFile file(models, clock); // never opened
    teach(models);
    file.save();
    QVERIFY(!QFile::exists(path()));
}

void TestLearnedFile::replacesBrokenFile()
{
    QFile broken(path());
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write(R"({"version":1,"models":[{}]})");
    broken.close();
    QTest::ignoreMessage(QtWarningMsg,
        QRegularExpression(
            u"The learned figures cannot be read: .* \\(.*learned.json\\); learning starts anew"_s));
    Run first(m_folder->path());
    QCOMPARE(first.models.size(), size_t{0});
    teach(first.models);
    first.file.save();
    const Run second(m_folder->path());
    QCOMPARE(second.models.size(), size_t{1});
}

void TestLearnedFile::warnsWhereItCannotWrite()
{
    Run run(m_folder->path());
    teach(run.models);
    QVERIFY(QDir(m_folder->path()).mkdir(u"learned.json"_s));
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"Cannot write .*learned.json: .+"_s));
    run.file.save();
    QVERIFY(QDir(path()).exists());

    QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"Cannot read .*learned.json: .+"_s));
    const Run other(m_folder->path());
    QCOMPARE(other.models.size(), size_t{0});
}

void TestLearnedFile::isKeptByTheGateway()
{
    const auto loaded =
        config::load("server: {port: 0, workers: 1}\n", QProcessEnvironment::systemEnvironment());
    QVERIFY(loaded.configuration);
    SystemClock clock;
    {
        session::GatewaySession gateway(clock);
        gateway.keepLearned(m_folder->path());
        QVERIFY(gateway.start(loaded.configuration, u"config.yaml"_s));
        teach(gateway.learnedModels());
        QVERIFY(!QFile::exists(path()));
        gateway.stop(0ms);
        QVERIFY(QFile::exists(path()));
    }
    session::GatewaySession gateway(clock);
    gateway.keepLearned(m_folder->path());
    QCOMPARE(gateway.learnedModels().correctedInput(Model, 1'000), 1'500);
}

QTEST_GUILESS_MAIN(TestLearnedFile)
#include "tst_learnedfile.moc"
