// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/historymodel.h"
#include "ui/models/historyrange.h"
#include "ui/models/historywords.h"

#include <QAbstractItemModelTester>
#include <QDateTime>
#include <QSignalSpy>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace sluice;
using session::History;
using session::HistorySums;
using std::chrono::milliseconds;
using ui::HistoryModel;
using ui::HistoryRange;

namespace {

constexpr milliseconds Now{1'772'460'132'000}; // 2026-03-02 14:02:12 UTC

History historyOf(const std::vector<qint64> &requests)
{
    History history;
    history.edges.push_back(Now);
    for (const qint64 count : requests) {
        history.edges.push_back(history.edges.back() + 1min);
        history.steps.push_back({.requests = count, .admitted = count});
        history.total += history.steps.back();
    }
    return history;
}

QString text(const HistoryModel &model, int row, int column)
{
    return model.index(row, column).data().toString();
}

/// The zone of this machine, for as long as it is in scope.
class Zone
{
public:
    explicit Zone(const QByteArray &name) : m_before(qgetenv("TZ")) { set(name); }

    ~Zone() { set(m_before); }

    Q_DISABLE_COPY_MOVE(Zone)

private:
    static void set(const QByteArray &name)
    {
        if (name.isEmpty())
            qunsetenv("TZ");
        else
            qputenv("TZ", name);
        tzset();
    }

    QByteArray m_before;
};

} // namespace

class HistoryModelTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void theSumComesFirstThenTheNewest()
    {
        HistoryModel model;
        const QAbstractItemModelTester tester(&model);
        QCOMPARE(model.rowCount(), 0);
        model.setHistory(historyOf({1, 2'000, 3}));
        QCOMPARE(model.rowCount(), 4);
        QCOMPARE(text(model, 0, HistoryModel::TimeColumn), u"All"_s);
        QCOMPARE(text(model, 0, HistoryModel::RequestsColumn), u"2\u202f004"_s);
        QCOMPARE(text(model, 1, HistoryModel::RequestsColumn), u"3"_s);
        QCOMPARE(text(model, 3, HistoryModel::RequestsColumn), u"1"_s);
        QCOMPARE(model.index(0, 0).data(ui::ToneRole).toInt(), int(ui::Tone::Strong));
    }

    void figuresChangeInPlace()
    {
        HistoryModel model;
        const QAbstractItemModelTester tester(&model);
        model.setHistory(historyOf({1, 2}));
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
        model.setHistory(historyOf({5, 6}));
        QCOMPARE(changes.size(), 1);
        QCOMPARE(text(model, 1, HistoryModel::RequestsColumn), u"6"_s);
        QCOMPARE(resets.size(), 0);
        for (const auto &other : {std::vector<qint64>{1, 2, 3, 4, 5}, {9}, {}, {1, 2}}) {
            model.setHistory(historyOf(other));
            QCOMPARE(model.rowCount(), other.empty() ? 0 : int(other.size()) + 1);
        }
    }

    void moneyAndEstimatesAreMarked_data()
    {
        QTest::addColumn<HistorySums>("sums");
        QTest::addColumn<QString>("cost");
        QTest::addColumn<QString>("input");
        QTest::newRow("nothing") << HistorySums{} << u"–"_s << u"0"_s;
        QTest::newRow("priced") << HistorySums{.input = 1'200, .cost = 4'122'000'000} << u"$41.22"_s
                                << u"1\u202f200"_s;
        QTest::newRow("estimated")
            << HistorySums{.input = 1'200, .cost = 4'122'000'000, .estimated = 1} << u"~$41.22"_s
            << u"~1\u202f200"_s;
        QTest::newRow("without a price")
            << HistorySums{.input = 5, .unpriced = 2} << u"?"_s << u"5"_s;
        QTest::newRow("in part") << HistorySums{.input = 5, .cost = 100'000'000, .unpriced = 2}
                                 << u"? + $1.00"_s << u"5"_s;
    }

    void moneyAndEstimatesAreMarked()
    {
        QFETCH(const HistorySums, sums);
        QTEST(ui::historywords::cost(sums), "cost");
        QTEST(ui::historywords::tokens(sums, sums.input), "input");
    }

    void rangesEndWithTheStepThatGoesOn_data()
    {
        QTest::addColumn<QByteArray>("zone");
        for (const char *zone : {"UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"})
            QTest::newRow(zone) << QByteArray(zone);
    }

    void rangesEndWithTheStepThatGoesOn()
    {
        QFETCH(const QByteArray, zone);
        const Zone here(zone);
        const std::pair<HistoryRange, size_t> ranges[] = {{HistoryRange::Hour, 60},
            {HistoryRange::Day, 72}, {HistoryRange::Week, 84}, {HistoryRange::Month, 30},
            {HistoryRange::Quarter, 90}};
        for (const auto &range : ranges) {
            const auto edges = ui::historyEdges(range.first, Now);
            QCOMPARE(edges.size(), range.second + 1);
            QVERIFY(std::is_sorted(edges.begin(), edges.end()));
            QVERIFY(edges.back() > Now && edges[edges.size() - 2] <= Now);
            const QTime first = QDateTime::fromMSecsSinceEpoch(edges.front().count()).time();
            QCOMPARE(first.second(), 0);
            if (range.first == HistoryRange::Day)
                QCOMPARE(first.minute() % 20, 0);
            if (range.first == HistoryRange::Week)
                QVERIFY(first.minute() == 0 && first.hour() % 2 == 0);
            if (range.first >= HistoryRange::Month)
                QCOMPARE(first, QTime(0, 0));
        }
    }

    void daysMayHave23Hours()
    {
        const Zone here("Europe/Berlin");
        const milliseconds april(1'775'300'000'000); // 2026-04-04, after the change of 29 March
        const auto edges = ui::historyEdges(HistoryRange::Month, april);
        int short_ = 0;
        for (size_t i = 1; i < edges.size(); ++i) {
            const milliseconds day = edges[i] - edges[i - 1];
            QVERIFY(day == 24h || day == 23h);
            short_ += day == 23h ? 1 : 0;
        }
        QCOMPARE(short_, 1);
    }

    void problemsSayWhatToDo_data()
    {
        QTest::addColumn<Error>("error");
        QTest::addColumn<bool>("isRecording");
        QTest::addColumn<QString>("title");
        QTest::newRow("none yet") << Error{ErrorCode::NotFound, u"x"_s, {}} << true
                                  << u"Nothing has been recorded yet"_s;
        QTest::newRow("off") << Error{ErrorCode::NotFound, u"x"_s, {}} << false
                             << u"Requests are not recorded"_s;
        QTest::newRow("newer") << Error{ErrorCode::Unsupported, u"x"_s, {}} << true
                               << u"The ledger is newer than this program"_s;
        QTest::newRow("broken") << Error{ErrorCode::Invalid, u"x"_s, {}} << true
                                << u"The ledger cannot be read"_s;
        QTest::newRow("slow") << Error{ErrorCode::Timeout, u"x"_s, {}} << true
                              << u"It took too long"_s;
    }

    void problemsSayWhatToDo()
    {
        QFETCH(const Error, error);
        QFETCH(const bool, isRecording);
        const auto problem = ui::historywords::problem(error, isRecording);
        QTEST(problem.title, "title");
        QVERIFY(!problem.text.isEmpty());
    }
};

QTEST_GUILESS_MAIN(HistoryModelTest)
#include "tst_historymodel.moc"
