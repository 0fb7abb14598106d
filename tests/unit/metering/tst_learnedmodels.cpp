// SPDX-License-Identifier: GPL-3.0-or-later
// What is learned about models from their providers' reports, and what is left of it in a file.
#include "core/metering/tokens/learnedmodels.h"

#include <QRandomGenerator>
#include <QTest>

#include <atomic>
#include <limits>
#include <thread>

using namespace sluice;
using metering::LearnedModels;
using Sample = LearnedModels::Sample;

namespace {

const QByteArray Model = "openai/gpt-4o";

Sample input(qint64 estimated, qint64 reported)
{
    Sample sample;
    sample.estimatedInput = estimated;
    sample.reportedInput = reported;
    return sample;
}

Sample output(qint64 reported)
{
    Sample sample;
    sample.reportedOutput = reported;
    return sample;
}

void learn(LearnedModels &models, const Sample &sample, int times)
{
    for (int i = 0; i < times; ++i)
        models.learn(Model, sample);
}

bool isWithin(qint64 value, qint64 least, qint64 most)
{
    if (value < least || value > most)
        qWarning("%lld is not from %lld to %lld", value, least, most);
    return value >= least && value <= most;
}

} // namespace

class TestLearnedModels : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void waitsForSamples();
    void converges_data();
    void converges();
    void followsChanges();
    void keepsInputAndOutputApart();
    void ignoresAbsurdReports_data();
    void ignoresAbsurdReports();
    void isNotPoisonedByOne();
    void knowsLengths_data();
    void knowsLengths();
    void forgetsLengths();
    void forgetsModels();
    void savesAndLoads();
    void refusesOtherFiles_data();
    void refusesOtherFiles();
    void survivesAnyFile();
    void worksFromThreads();
};

void TestLearnedModels::waitsForSamples()
{
    LearnedModels models;
    QCOMPARE(models.correctedInput(Model, 100), 100);
    QCOMPARE(models.correctedOutput(Model, 100), 100);
    QVERIFY(!models.outputPercentile95(Model));
    learn(models, input(100, 200), LearnedModels::SamplesToCorrect - 1);
    QCOMPARE(models.correctedInput(Model, 100), 100);
    learn(models, input(100, 200), 1);
    QCOMPARE(models.correctedInput(Model, 100), 200);
    QCOMPARE(models.correctedInput("openai/gpt-4", 100), 100);
    learn(models, output(7), LearnedModels::SamplesToPredict - 1);
    QVERIFY(!models.outputPercentile95(Model));
    learn(models, output(7), 1);
    QCOMPARE(models.outputPercentile95(Model), 7);
}

void TestLearnedModels::converges_data()
{
    QTest::addColumn<qint64>("estimated");
    QTest::addColumn<qint64>("reported");
    QTest::addColumn<qint64>("corrected"); ///< of 1000
    const auto row = [](const char *name, qint64 estimated, qint64 reported, qint64 corrected) {
        QTest::newRow(name) << estimated << reported << corrected;
    };
    row("exact", 500, 500, 1'000);
    row("a quarter more", 400, 500, 1'250);
    row("a fifth less", 500, 400, 800);
    row("small requests", 3, 4, 1'333);
    row("large requests", 2'000'000, 2'400'000, 1'200);
    row("the least", 1'000, 250, 250);
    row("less than the least", 1'000, 3, 250);
    row("the most", 100, 400, 4'000);
    row("more than the most", 100, 90'000, 4'000);
}

void TestLearnedModels::converges()
{
    QFETCH(const qint64, estimated);
    QFETCH(const qint64, reported);
    QFETCH(const qint64, corrected);
    LearnedModels models;
    for (const int times : {10, 90, 10'000}) {
        learn(models, input(estimated, reported), times);
        const qint64 now = models.correctedInput(Model, 1'000);
        QVERIFY(isWithin(now, corrected - 2, corrected + 2));
    }
    QCOMPARE(models.correctedInput(Model, 0), 0);
    QCOMPARE(models.correctedInput(Model, -5), -5);
    QVERIFY(models.correctedInput(Model, 1) >= 1);
    constexpr qint64 Largest = std::numeric_limits<qint64>::max();
    QCOMPARE(models.correctedInput(Model, Largest), Largest);
}

void TestLearnedModels::followsChanges()
{
    LearnedModels models;
    learn(models, input(1'000, 2'000), 10'000);
    learn(models, input(1'000, 1'000), 100);
    // A hundred requests are about two thirds of what counts.
    QVERIFY(isWithin(models.correctedInput(Model, 1'000), 1'300, 1'450));
    learn(models, input(1'000, 1'000), 400);
    QVERIFY(isWithin(models.correctedInput(Model, 1'000), 1'000, 1'020));
}

void TestLearnedModels::keepsInputAndOutputApart()
{
    LearnedModels models;
    Sample sample = input(100, 150);
    sample.countedOutput = 300;
    sample.visibleOutput = 270;
    sample.reportedOutput = 5'000;
    learn(models, sample, 20);
    QCOMPARE(models.correctedInput(Model, 1'000), 1'500);
    QCOMPARE(models.correctedOutput(Model, 1'000), 900);
    QVERIFY(isWithin(models.outputPercentile95(Model).value_or(0), 5'000, 5'700));
}

void TestLearnedModels::ignoresAbsurdReports_data()
{
    constexpr qint64 Largest = std::numeric_limits<qint64>::max();
    constexpr qint64 Smallest = std::numeric_limits<qint64>::min();
    QTest::addColumn<qint64>("estimated");
    QTest::addColumn<qint64>("reported");
    QTest::newRow("no report") << qint64{100} << qint64{0};
    QTest::newRow("no estimate") << qint64{0} << qint64{100};
    QTest::newRow("negative") << qint64{100} << qint64{-100};
    QTest::newRow("smallest") << Smallest << Smallest;
    QTest::newRow("huge report") << qint64{100} << Largest;
    QTest::newRow("huge estimate") << Largest << qint64{100};
    QTest::newRow("a trillion") << qint64{1'000'000'000'000} << qint64{1'000'000'000'000};
}

void TestLearnedModels::ignoresAbsurdReports()
{
    QFETCH(const qint64, estimated);
    QFETCH(const qint64, reported);
    LearnedModels models;
    Sample sample = input(estimated, reported);
    sample.countedOutput = estimated;
    sample.visibleOutput = reported;
    sample.reportedOutput = std::min(estimated, reported);
    learn(models, input(100, 120), 20);
    learn(models, output(100), 20);
    const auto length = models.outputPercentile95(Model);
    learn(models, sample, 1'000);
    QCOMPARE(models.correctedInput(Model, 100), 120);
    QCOMPARE(models.correctedOutput(Model, 100), 100);
    if (sample.reportedOutput <= 0 || sample.reportedOutput > 1'000'000'000)
        QCOMPARE(models.outputPercentile95(Model), length);
    models.learn({}, input(100, 200));
    models.learn(QByteArray(LearnedModels::MaxNameBytes + 1, 'x'), input(100, 200));
    QCOMPARE(models.size(), size_t{1});
}

void TestLearnedModels::isNotPoisonedByOne()
{
    LearnedModels models;
    learn(models, input(500, 500), 100);
    learn(models, output(200), 100);
    models.learn(Model, input(900'000, 999'000'000));
    models.learn(Model, output(999'000'000));
    QVERIFY(isWithin(models.correctedInput(Model, 1'000), 1'000, 1'150));
    QVERIFY(isWithin(models.outputPercentile95(Model).value_or(0), 200, 225));
}

void TestLearnedModels::knowsLengths_data()
{
    QTest::addColumn<qint64>("length");
    for (const qint64 length :
        {1, 2, 7, 8, 9, 15, 16, 17, 100, 1'000, 1'023, 1'024, 4'096, 65'535, 1'000'000, 2'000'000})
        QTest::addRow("%lld", length) << length;
}

void TestLearnedModels::knowsLengths()
{
    QFETCH(const qint64, length);
    LearnedModels models;
    learn(models, output(length), 100);
    QVERIFY(isWithin(models.outputPercentile95(Model).value_or(0), length, length + length / 8));
    // 1 of 25 that are ten times as long does not count, 1 of 10 does.
    LearnedModels rare;
    LearnedModels often;
    for (int i = 0; i < 500; ++i) {
        rare.learn(Model, output(i % 25 == 0 ? length * 10 : length));
        often.learn(Model, output(i % 10 == 0 ? length * 10 : length));
    }
    QVERIFY(isWithin(rare.outputPercentile95(Model).value_or(0), length, length + length / 8));
    QVERIFY(
        often.outputPercentile95(Model).value_or(0) >= std::min<qint64>(length * 10, 2'097'151));
}

void TestLearnedModels::forgetsLengths()
{
    LearnedModels models;
    learn(models, output(10'000), 10'000);
    learn(models, output(100), 250);
    QVERIFY(models.outputPercentile95(Model).value_or(0) > 9'000);
    learn(models, output(100), 100);
    QVERIFY(isWithin(models.outputPercentile95(Model).value_or(0), 100, 112));
}

void TestLearnedModels::forgetsModels()
{
    LearnedModels models;
    learn(models, input(100, 200), 20);
    for (size_t i = 0; i < LearnedModels::MaxModels - 1; ++i)
        models.learn("x/" + QByteArray::number(qulonglong(i)), input(100, 200));
    QCOMPARE(models.size(), LearnedModels::MaxModels);
    QCOMPARE(models.correctedInput(Model, 100), 200);
    learn(models, input(100, 200), 1); // now x/0 is the one that learned longest ago
    models.learn("x/one more", input(100, 200));
    QCOMPARE(models.size(), LearnedModels::MaxModels);
    QCOMPARE(models.correctedInput(Model, 100), 200);
    for (size_t i = 0; i < LearnedModels::MaxModels; ++i)
        models.learn("y/" + QByteArray::number(qulonglong(i)), input(100, 200));
    QCOMPARE(models.size(), LearnedModels::MaxModels);
    QCOMPARE(models.correctedInput(Model, 100), 100);
}

void TestLearnedModels::savesAndLoads()
{
    LearnedModels models;
    QRandomGenerator random(1);
    for (int i = 0; i < 5'000; ++i) {
        Sample sample = input(1 + random.bounded(5'000), 1 + random.bounded(5'000));
        sample.countedOutput = 1 + random.bounded(900);
        sample.visibleOutput = 1 + random.bounded(900);
        sample.reportedOutput = random.bounded(100'000);
        models.learn("p/model \"" + QByteArray::number(random.bounded(20)) + "\" é", sample);
    }
    LearnedModels again;
    learn(again, input(100, 200), 20); // goes away
    QVERIFY(again.load(models.save()));
    QCOMPARE(again.save(), models.save());
    QCOMPARE(again.size(), size_t{20});
    const QByteArray name = "p/model \"3\" é";
    QVERIFY(models.correctedInput(name, 10'000) != 10'000);
    QCOMPARE(again.correctedInput(name, 10'000), models.correctedInput(name, 10'000));
    QCOMPARE(again.correctedOutput(name, 10'000), models.correctedOutput(name, 10'000));
    QVERIFY(again.outputPercentile95(name));
    QCOMPARE(again.outputPercentile95(name), models.outputPercentile95(name));
    QCOMPARE(again.correctedInput(Model, 100), 100);

    LearnedModels none;
    QVERIFY(again.load(none.save()));
    QCOMPARE(again.size(), size_t{0});
}

void TestLearnedModels::refusesOtherFiles_data()
{
    QTest::addColumn<QByteArray>("json");
    const auto row = [](const char *name, const QByteArray &json) { QTest::newRow(name) << json; };
    const auto model = [&row](const char *name, const QByteArray &members) {
        row(name, R"({"version":1,"models":[{)" + members + "}]}");
    };
    row("nothing", "");
    row("no JSON", "learned");
    row("cut off", R"({"version":1,"models":[)");
    row("a list", "[]");
    row("no version", R"({"models":[]})");
    row("another version", R"({"version":2,"models":[]})");
    row("no models", R"({"version":1})");
    row("models of another kind", R"({"version":1,"models":{}})");
    row("a model of another kind", R"({"version":1,"models":[1]})");
    const QByteArray rest = R"("output":[0,0,0],"answers":0,"lengths":[])";
    model("no name", R"("input":[0,0,0],)" + rest);
    model("an empty name", R"("model":"","input":[0,0,0],)" + rest);
    model("no figures", R"("model":"a")");
    model("too few figures", R"("model":"a","input":[0,0],)" + rest);
    model("too many figures", R"("model":"a","input":[0,0,0,0],)" + rest);
    model("negative", R"("model":"a","input":[-1,0,0],)" + rest);
    model("too large", R"("model":"a","input":[9007199254740991,0,0],)" + rest);
    model("a fraction", R"("model":"a","input":[1.5,0,0],)" + rest);
    model("a text", R"("model":"a","input":["1",0,0],)" + rest);
    const QByteArray lengths =
        R"("model":"a","input":[0,0,0],"output":[0,0,0],"answers":0,"lengths":)";
    model("lengths of another kind", lengths + "1");
    model("a length of another kind", lengths + "[1]");
    model("a length too many", lengths + "[[152,1]]");
    model("a length before the first", lengths + "[[-1,1]]");
    model("a count too large", lengths + "[[1,99999999]]");
    row("twice the same",
        R"({"version":1,"models":[{"model":"a","input":[0,0,0],)" + rest
            + R"(},{"model":"a","input":[0,0,0],)" + rest + "}]}");
}

void TestLearnedModels::refusesOtherFiles()
{
    QFETCH(const QByteArray, json);
    LearnedModels models;
    learn(models, input(100, 200), 20);
    const QByteArray before = models.save();
    const auto loaded = models.load(json);
    QVERIFY(!loaded);
    QCOMPARE(loaded.error().code, ErrorCode::Invalid);
    QVERIFY(loaded.error().message.size() > 20);
    QCOMPARE(models.save(), before);
}

void TestLearnedModels::survivesAnyFile()
{
    LearnedModels sample;
    learn(sample, input(100, 200), 20);
    learn(sample, output(300), 30);
    const QByteArray good = sample.save();
    const QByteArray spice = "{}[]\",:\\-.e09";
    QRandomGenerator random(9);
    for (int round = 0; round < 10'000; ++round) {
        QByteArray json = good;
        for (int changes = 1 + random.bounded(4); changes > 0; --changes)
            json[random.bounded(json.size())] = spice[random.bounded(int(spice.size()))];
        LearnedModels models;
        if (!models.load(json))
            continue;
        learn(models, input(100, 200), 3);
        learn(models, output(1), 3);
        QVERIFY(isWithin(models.correctedInput(Model, 1'000), 250, 4'000));
        QVERIFY(models.outputPercentile95(Model).value_or(1) > 0);
        QVERIFY(models.load(models.save()));
    }
}

void TestLearnedModels::worksFromThreads()
{
    LearnedModels models;
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&models, &failures, thread] {
            for (int i = 0; i < 3'000; ++i) {
                models.learn("m/" + QByteArray::number((i * 7 + thread) % 1'500), input(100, 150));
                models.learn(Model, input(100, 150));
                const bool isSound = models.correctedInput(Model, 100) >= 100
                    && !models.outputPercentile95(Model)
                    && (i % 1'000 != 0 || !models.save().isEmpty());
                failures += isSound ? 0 : 1;
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(failures.load(), 0);
    QCOMPARE(models.size(), LearnedModels::MaxModels);
    QCOMPARE(models.correctedInput(Model, 100), 150);
}

QTEST_GUILESS_MAIN(TestLearnedModels)
#include "tst_learnedmodels.moc"
