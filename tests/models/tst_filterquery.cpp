// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/filterquery.h"

#include <QRandomGenerator>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice::ui;

namespace {

const std::vector<FilterField> Fields{
    {u"key"_s, FilterKind::Text, {}},
    {u"prop."_s, FilterKind::Text, {}},
    {u"state"_s, FilterKind::Choice, {u"refused"_s, u"admitted"_s}},
    {u"status"_s, FilterKind::Number, {}},
    {u"dur"_s, FilterKind::Duration, {}},
};

} // namespace

class FilterQueryTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void valuesAreCompared_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QByteArray>("value");
        QTest::addColumn<bool>("fits");
        QTest::newRow("equal") << u"key:ci"_s << "ci"_ba << true;
        QTest::newRow("case does not matter") << u"key:CI"_s << "ci"_ba << true;
        QTest::newRow("whole value") << u"key:ci"_s << "cinema"_ba << false;
        QTest::newRow("star") << u"key:gpt-4o*"_s << "gpt-4o-mini"_ba << true;
        QTest::newRow("star inside") << u"key:a*c*e"_s << "abcdce"_ba << true;
        QTest::newRow("star misses") << u"key:a*c"_s << "abd"_ba << false;
        QTest::newRow("alternatives") << u"key:app,ci"_s << "ci"_ba << true;
        QTest::newRow("quoted blank") << u"key:\"my app\""_s << "my app"_ba << true;
    }

    void valuesAreCompared()
    {
        QFETCH(QString, text);
        QFETCH(QByteArray, value);
        const FilterQuery query = parseFilter(text, Fields);
        QVERIFY(query.isValid());
        QCOMPARE(query.terms.size(), size_t(1));
        QTEST(matchesValue(query.terms.front(), value), "fits");
    }

    void numbersAreCompared_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<double>("value");
        QTest::addColumn<bool>("fits");
        QTest::newRow("equal") << u"status:429"_s << 429.0 << true;
        QTest::newRow("greater") << u"status>400"_s << 400.0 << false;
        QTest::newRow("greater or equal") << u"status>=400"_s << 400.0 << true;
        QTest::newRow("less") << u"status<500"_s << 499.0 << true;
        QTest::newRow("less or equal") << u"status<=500"_s << 501.0 << false;
        QTest::newRow("duration") << u"dur>2s"_s << 2.1 << true;
        QTest::newRow("short duration") << u"dur<500ms"_s << 0.6 << false;
    }

    void numbersAreCompared()
    {
        QFETCH(QString, text);
        QFETCH(double, value);
        const FilterQuery query = parseFilter(text, Fields);
        QVERIFY2(query.isValid(), qPrintable(query.error));
        QTEST(matchesNumber(query.terms.front(), value), "fits");
    }

    void mistakesAreShownWhereTheyAre_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("position");
        QTest::newRow("unknown field") << u"key:ci tem:core"_s << 7;
        QTest::newRow("unknown choice") << u"state:maybe"_s << 0;
        QTest::newRow("no number") << u"status>many"_s << 0;
        QTest::newRow("no unit") << u"dur>2"_s << 0;
        QTest::newRow("no value") << u"foo key:"_s << 4;
        QTest::newRow("text is not ordered") << u"key>a"_s << 0;
        QTest::newRow("property without a name") << u"prop.:x"_s << 0;
    }

    void mistakesAreShownWhereTheyAre()
    {
        QFETCH(QString, text);
        const FilterQuery query = parseFilter(text, Fields);
        QVERIFY(!query.isValid());
        QTEST(int(query.errorPosition), "position");
    }

    void freeWordsAndNegation()
    {
        const FilterQuery query = parseFilter(u"  refund -bot -key:ci prop.tenant:acme "_s, Fields);
        QVERIFY(query.isValid());
        QCOMPARE(query.terms.size(), size_t(4));
        QVERIFY(containsWord(query.terms[0], "A Refund"));
        QVERIFY(query.terms[1].isNegated && query.terms[1].field.isEmpty());
        QVERIFY(query.terms[2].isNegated && query.terms[2].field == u"key"_s);
        QCOMPARE(query.terms[3].field, u"prop.tenant"_s);
    }

    void anythingCanBeTyped()
    {
        QRandomGenerator random(7);
        const QString letters = u"ab:\"*<>=-,. \u00e4key5s"_s;
        for (int round = 0; round < 3000; ++round) {
            QString text;
            for (int i = int(random.bounded(14)); i > 0; --i)
                text += letters.at(random.bounded(int(letters.size())));
            const FilterQuery query = parseFilter(text, Fields);
            QVERIFY(query.errorPosition <= text.size());
            for (const FilterTerm &term : query.terms)
                matchesValue(term, text.toUtf8());
        }
    }
};

QTEST_GUILESS_MAIN(FilterQueryTest)
#include "tst_filterquery.moc"
