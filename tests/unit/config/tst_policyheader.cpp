// SPDX-License-Identifier: GPL-3.0-or-later
// The grammar of the policy header: everything in the shared vectors, and the list rules.
#include "core/config/policyheader.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::config;

namespace {

using Policies = std::vector<Policy>;

QJsonArray vectors(QLatin1StringView section)
{
    QFile file(QStringLiteral(SLUICE_TEST_DATA "/policy-header.json"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return QJsonDocument::fromJson(file.readAll()).object().value(section).toArray();
}

QByteArray segmentWord(const config::Segment &segment)
{
    if (segment.kind == config::SegmentKind::EndUser)
        return "user"_ba;
    return segment.property;
}

QByteArray joined(const Policies &policies)
{
    QByteArrayList texts;
    for (const Policy &policy : policies)
        texts << canonical(policy);
    return texts.join(", ");
}

} // namespace

class TestPolicyHeader : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void acceptsAndWritesBack_data();
    void acceptsAndWritesBack();
    void acceptsLists_data();
    void acceptsLists();
    void blankIsNoPolicy_data();
    void blankIsNoPolicy();
    void rejectsAtTheColumn_data();
    void rejectsAtTheColumn();
    void columnsCountCharactersInLaterItems();
    void takesAtMostEightPolicies();
    void anyBytesAreAnsweredAndWrittenBackAlike();
};

void TestPolicyHeader::acceptsAndWritesBack_data()
{
    QTest::addColumn<QJsonObject>("vector");
    for (const QJsonValue &vector : vectors("accepted"_L1))
        QTest::newRow(qPrintable(vector.toObject()["text"_L1].toString())) << vector.toObject();
}

void TestPolicyHeader::acceptsAndWritesBack()
{
    QFETCH(QJsonObject, vector);
    const auto parsed = parsePolicies(vector["text"_L1].toString().toUtf8());
    const auto *policies = std::get_if<Policies>(&parsed);
    QVERIFY(policies != nullptr);
    QCOMPARE(policies->size(), 1U);
    const Policy &policy = policies->front();
    QCOMPARE(formatAmount(policy.quota), vector["quota"_L1].toString().toUtf8());
    QCOMPARE(policy.window.count(), vector["window"_L1].toInteger());
    const QHash<QString, Unit> units{
        {u"request"_s, Unit::Request}, {u"cents"_s, Unit::Cents}, {u"tokens"_s, Unit::Token}};
    QCOMPARE(policy.unit, units.value(vector["unit"_L1].toString()));
    QCOMPARE(segmentWord(policy.segment), vector["segment"_L1].toString().toUtf8());
    QCOMPARE(canonical(policy), vector["canonical"_L1].toString().toUtf8());
    QCOMPARE(std::get<Policies>(parsePolicies(canonical(policy))).front(), policy);
}

void TestPolicyHeader::acceptsLists_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("expected");
    QTest::addColumn<int>("count");
    for (const QJsonValue &value : vectors("lists"_L1)) {
        const QJsonObject vector = value.toObject();
        const QByteArray text = vector["text"_L1].toString().toUtf8();
        QTest::newRow(text.constData())
            << text << vector["canonical"_L1].toString().toUtf8() << vector["count"_L1].toInt();
    }
    QTest::newRow("no blanks") << "1;w=60,2;w=61"_ba
                               << "1;w=60, 2;w=61"_ba << 2;
    QTest::newRow("blanks") << " 1;w=60 \t,\t 2 ; w=61 "_ba
                            << "1;w=60, 2;w=61"_ba << 2;
}

void TestPolicyHeader::acceptsLists()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, expected);
    QFETCH(int, count);
    const auto parsed = parsePolicies(text);
    QVERIFY(std::holds_alternative<Policies>(parsed));
    QCOMPARE(std::ssize(std::get<Policies>(parsed)), count);
    QCOMPARE(joined(std::get<Policies>(parsed)), expected);
}

void TestPolicyHeader::blankIsNoPolicy_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const QJsonValue &text : vectors("absent"_L1))
        QTest::addRow("%lld blanks", static_cast<long long>(text.toString().size()))
            << text.toString().toUtf8();
}

void TestPolicyHeader::blankIsNoPolicy()
{
    QFETCH(QByteArray, text);
    const auto parsed = parsePolicies(text);
    QVERIFY(std::holds_alternative<Policies>(parsed));
    QVERIFY(std::get<Policies>(parsed).empty());
}

void TestPolicyHeader::rejectsAtTheColumn_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("column");
    for (const QJsonValue &vector : vectors("rejected"_L1)) {
        const QByteArray text = vector["text"_L1].toString().toUtf8();
        QTest::newRow(text.constData()) << text << vector["at"_L1].toInt();
    }
    QTest::newRow("only a comma") << ","_ba << 1;
    QTest::newRow("empty item") << "1;w=60,,2;w=60"_ba << 8;
    QTest::newRow("blank before =") << "1;w =60"_ba << 4;
    QTest::newRow("no w but others") << "1;s=user"_ba << 9;
    QTest::newRow("window overflows") << "1;w=99999999999999999999999"_ba << 5;
    QTest::newRow("window with junk") << "1;w=60x"_ba << 7;
    QTest::newRow("long name") << "1;w=60;s=" + QByteArray(65, 'a') << 10;
    QTest::newRow("twice the unit") << "1;w=60;u=request;u=request"_ba << 18;
    QTest::newRow("NUL") << QByteArray("1\0;w=60", 7) << 2;
    QTest::newRow("no UTF-8") << "1;w=60;s=\xff"_ba << 10;
}

void TestPolicyHeader::rejectsAtTheColumn()
{
    QFETCH(QByteArray, text);
    QFETCH(int, column);
    const auto parsed = parsePolicies(text);
    const auto *error = std::get_if<PolicyError>(&parsed);
    QVERIFY(error != nullptr);
    QCOMPARE(error->column, column);
    QVERIFY(!error->message.isEmpty());
}

void TestPolicyHeader::columnsCountCharactersInLaterItems()
{
    const auto parsed = parsePolicies("1;w=60, 2;w=60;s=üü"_ba);
    QCOMPARE(std::get<PolicyError>(parsed).column, 18);
    // Two bytes each before the place, one column each.
    QCOMPARE(std::get<PolicyError>(parsePolicies("1;w=60;s=aü"_ba)).column, 11);
}

void TestPolicyHeader::takesAtMostEightPolicies()
{
    QByteArray text = "1;w=60"_ba;
    for (int i = 1; i < 8; ++i)
        text += ",1;w=60";
    QCOMPARE(std::get<Policies>(parsePolicies(text)).size(), 8U);
    text += ",1;w=60";
    QCOMPARE(std::get<PolicyError>(parsePolicies(text)).column, 57);
}

void TestPolicyHeader::anyBytesAreAnsweredAndWrittenBackAlike()
{
    QRandomGenerator random(20240711);
    const QByteArray alphabet = "0123456789;;==wwuuss,, .-_\tuserglobalcentskü\xff\0"_ba;
    int accepted = 0;
    for (int i = 0; i < 200'000; ++i) {
        QByteArray text = random.bounded(2) == 0 ? "1;w=60;"_ba : QByteArray();
        for (int length = random.bounded(16); length > 0; --length)
            text += alphabet[random.bounded(static_cast<int>(alphabet.size()))];
        const auto parsed = parsePolicies(text);
        if (const auto *error = std::get_if<PolicyError>(&parsed)) {
            QVERIFY(error->column >= 1 && error->column <= text.size() + 1);
            continue;
        }
        const auto &policies = std::get<Policies>(parsed);
        QCOMPARE(std::get<Policies>(parsePolicies(joined(policies))), policies);
        ++accepted;
    }
    QVERIFY(accepted > 100);
}

QTEST_GUILESS_MAIN(TestPolicyHeader)
#include "tst_policyheader.moc"
