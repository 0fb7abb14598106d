// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers as people read them.
#include "ui/widgets/format.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::ui;

namespace {

// Narrow no-break spaces written as "_", so that the expectations can be read.
QString visible(QString text)
{
    return text.replace(QChar(format::NarrowSpace), u'_');
}

} // namespace

class TestWidgetsFormat : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void counts_data()
    {
        QTest::addColumn<qint64>("number");
        QTest::addColumn<QString>("text");
        QTest::newRow("0") << qint64(0) << u"0"_s;
        QTest::newRow("999") << qint64(999) << u"999"_s;
        QTest::newRow("1000") << qint64(1000) << u"1_000"_s;
        QTest::newRow("million") << qint64(1'212'900) << u"1_212_900"_s;
        QTest::newRow("negative") << qint64(-1234) << u"\u22121_234"_s;
        QTest::newRow("most") << std::numeric_limits<qint64>::max()
                              << u"9_223_372_036_854_775_807"_s;
        QTest::newRow("least") << std::numeric_limits<qint64>::min()
                               << u"\u22129_223_372_036_854_775_808"_s;
    }

    void counts()
    {
        QFETCH(qint64, number);
        QTEST(visible(format::count(number)), "text");
    }

    void shares_data()
    {
        QTest::addColumn<double>("share");
        QTest::addColumn<QString>("text");
        QTest::newRow("none") << 0.0 << u"0_%"_s;
        QTest::newRow("a trace") << 0.003 << u"<1_%"_s;
        QTest::newRow("41") << 0.412 << u"41_%"_s;
        QTest::newRow("61") << 0.6065 << u"61_%"_s;
        QTest::newRow("not yet full") << 0.9996 << u"99_%"_s;
        QTest::newRow("full") << 1.0 << u"100_%"_s;
        QTest::newRow("above") << 1.04 << u"104_%"_s;
        QTest::newRow("nan") << std::nan("") << u"0_%"_s;
    }

    void shares()
    {
        QFETCH(double, share);
        QTEST(visible(format::share(share)), "text");
    }

    void money()
    {
        QCOMPARE(format::money(18'702 * MicroPerUnit), u"$187.02"_s);
        QCOMPARE(visible(format::money(1'234'567'89 * MicroPerUnit)), u"$1_234_567.89"_s);
        QCOMPARE(format::money(0), u"$0.00"_s);
        QCOMPARE(format::money(-42 * MicroPerUnit), u"\u2212$0.42"_s);
        QCOMPARE(format::money(42 * MicroPerUnit, true), u"$0.4200"_s);
        QCOMPARE(format::cost(1'290'000), u"$0.0129"_s);
        QCOMPARE(format::cost(0), u"$0.0000"_s);
        QCOMPARE(format::cost(10'000), u"$0.0001"_s);
        QCOMPARE(format::cost(1'234), u"$0.000012"_s);
        QCOMPARE(format::cost(7), u"<$0.000001"_s);
        QCOMPARE(format::cost(1'250 * MicroPerUnit), u"$12.5000"_s);
        QCOMPARE(format::money(99'999'999), u"$1.00"_s); // carries into the dollars
    }

    void amounts()
    {
        QCOMPARE(visible(format::amount(1'000 * MicroPerUnit, Unit::Request)), u"1_000"_s);
        QCOMPARE(format::amount(500'000, Unit::Token), u"0.5"_s);
        QCOMPARE(format::amount(50'000 * MicroPerUnit, Unit::Cents), u"$500.00"_s);
    }

    void waits()
    {
        using namespace std::chrono_literals;
        QCOMPARE(visible(format::wait(600ms)), u"0.6_s"_s);
        QCOMPARE(visible(format::wait(9h + 57min)), u"9_h 57_m"_s);
    }

    void gaugeStates()
    {
        const auto state = [](qint64 used, qint64 quota) {
            return format::gauge(Unit::Request, used * MicroPerUnit, quota * MicroPerUnit).state;
        };
        QCOMPARE(state(79, 100), State::Normal);
        QCOMPARE(state(80, 100), State::Near);
        QCOMPARE(state(99, 100), State::Near);
        QCOMPARE(state(100, 100), State::Refused);
        QCOMPARE(state(0, 0), State::Normal);
        const GaugeValue over =
            format::gauge(Unit::Cents, 1'042 * MicroPerUnit, 1'000 * MicroPerUnit);
        QCOMPARE(over.stateWord, u"refused, +$0.42"_s);
        QCOMPARE(format::gaugeSentence(over), u"$10.42 of $10.00, refused, +$0.42"_s);
    }
};

QTEST_GUILESS_MAIN(TestWidgetsFormat)
#include "tst_widgets_format.moc"
