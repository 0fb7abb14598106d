// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/limitfields.h"

#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using namespace sluice;
namespace fields = sluice::ui::limitfields;

class LimitFieldsTest final : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void amountsAreWholeNumbersOf32Bits_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("value"); // empty = refused
        QTest::newRow("plain") << u"90"_s << u"90"_s;
        QTest::newRow("grouped") << u"2 000 000"_s << u"2000000"_s;
        QTest::newRow("narrow space") << u"1\u202f000"_s << u"1000"_s;
        QTest::newRow("above a 31-bit integer") << u"2147483648"_s << u"2147483648"_s;
        QTest::newRow("largest") << u"4294967295"_s << u"4294967295"_s;
        QTest::newRow("too large") << u"4294967296"_s << QString();
        QTest::newRow("far too large") << u"99999999999999999999999"_s << QString();
        QTest::newRow("nothing") << QString() << QString();
        QTest::newRow("zero") << u"0"_s << QString();
        QTest::newRow("negative") << u"-5"_s << QString();
        QTest::newRow("fraction") << u"2.5"_s << QString();
        QTest::newRow("word") << u"ten"_s << QString();
        QTest::newRow("yaml") << u"5, x: 1"_s << QString();
    }

    void amountsAreWholeNumbersOf32Bits()
    {
        QFETCH(QString, text);
        QFETCH(QString, value);
        const Result<QString> amount = fields::parseAmount(text, Unit::Request);
        QCOMPARE(amount.has_value(), !value.isEmpty());
        if (amount)
            QCOMPARE(*amount, value);
        else
            QVERIFY(amount.error().message.contains(u"4\u202f294\u202f967\u202f295"_s));
    }

    void amountsOfEveryUnit_data()
    {
        QTest::addColumn<int>("unit");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("value"); // empty = refused
        QTest::addColumn<QString>("words");
        const auto row = [](const char *name, Unit unit, const QString &text, const QString &value,
                             const QString &words) {
            QTest::newRow(name) << int(unit) << text << value << words;
        };
        row("requests", Unit::Request, u"60"_s, u"60"_s, u"60"_s);
        row("tokens beyond 32 bits", Unit::Token, u"5 000 000 000"_s, u"5000000000"_s,
            u"5\u202f000\u202f000\u202f000 tokens"_s);
        row("input tokens", Unit::InputToken, u"1"_s, u"1"_s, u"1 input tokens"_s);
        row("most tokens", Unit::OutputToken, u"1000000000000"_s, u"1000000000000"_s,
            u"1\u202f000\u202f000\u202f000\u202f000 output tokens"_s);
        row("too many tokens", Unit::Token, u"1000000000001"_s, {}, {});
        row("part of a token", Unit::Token, u"0.5"_s, {}, {});
        row("at once", Unit::ConcurrentRequest, u"8"_s, u"8"_s, u"8 at once"_s);
        row("dollars", Unit::Cents, u"500"_s, u"50000"_s, u"$500.00"_s);
        row("with a sign", Unit::Cents, u"$1 250.5"_s, u"125050"_s, u"$1\u202f250.50"_s);
        row("a millionth of a cent", Unit::Cents, u"0.00000001"_s, u"0.000001"_s, u"$0.00000001"_s);
        row("less", Unit::Cents, u"0.000000001"_s, {}, {});
        row("most money", Unit::Cents, u"10000000000"_s, u"1000000000000"_s,
            u"$10\u202f000\u202f000\u202f000.00"_s);
        row("too much", Unit::Cents, u"10000000000.01"_s, {}, {});
        row("a comma", Unit::Cents, u"2,50"_s, {}, {});
        row("no money", Unit::Cents, u"0"_s, {}, {});
        row("only a point", Unit::Cents, u"."_s, {}, {});
        row("negative money", Unit::Cents, u"-1"_s, {}, {});
    }

    void amountsOfEveryUnit()
    {
        QFETCH(int, unit);
        QFETCH(QString, text);
        QFETCH(QString, value);
        QFETCH(QString, words);
        const Result<QString> amount = fields::parseAmount(text, Unit(unit));
        QCOMPARE(amount.has_value(), !value.isEmpty());
        if (!amount)
            return;
        QCOMPARE(*amount, value);
        const MicroAmount micro = *parseAmount(amount->toLatin1());
        QCOMPARE(fields::amountWords(micro, Unit(unit)), words);
        // What is offered for editing reads back as the same.
        QCOMPARE(*fields::parseAmount(fields::amountText(micro, Unit(unit)), Unit(unit)), value);
    }

    void moneySaysWhatToWrite()
    {
        QVERIFY(fields::parseAmount(u"2,50"_s, Unit::Cents).error().message.contains(u"2.50"_s));
    }

    void policiesNameTheColumn()
    {
        QVERIFY(fields::parsePolicy(u"1000;w=3600"_s).has_value());
        const Result<config::Policy> wrong = fields::parsePolicy(u"1000;w=30"_s);
        QVERIFY(!wrong);
        QVERIFY2(
            wrong.error().message.startsWith(u"Column 8: "_s), qPrintable(wrong.error().message));
        QVERIFY(!fields::parsePolicy({}));
        QVERIFY(!fields::parsePolicy(u"1;w=60,2;w=60"_s));
    }

    void globsAndPropertiesReadBack()
    {
        QCOMPARE(fields::parseGlobs(u" gpt-4* ,, o1,o1"_s), (QList<QByteArray>{"gpt-4*", "o1"}));
        QCOMPARE(fields::globsText({"gpt-4*", "o1"}), u"gpt-4*, o1"_s);
        const auto properties = fields::parseProperties(u"Tier: free , stage=p*"_s);
        QVERIFY(properties.has_value());
        QCOMPARE(fields::propertiesText(*properties), u"stage: p*, tier: free"_s);
        QVERIFY(!fields::parseProperties(u"tier"_s));
        QVERIFY(fields::parseProperties({})->isEmpty());
    }

    void zonesAreKnownOnes()
    {
        QCOMPARE(*fields::parseZone(u" Europe/Berlin "_s), "Europe/Berlin"_ba);
        QVERIFY(fields::parseZone({})->isEmpty());
        QVERIFY(!fields::parseZone(u"Europe/Atlantis"_s));
    }

    void periodsAreDurations_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("isGood");
        QTest::addColumn<QString>("seconds");
        QTest::newRow("seconds") << u"90s"_s << true << u"= 90 s"_s;
        QTest::newRow("two parts") << u"1h 30m"_s << true << u"= 5\u202f400 s"_s;
        QTest::newRow("milliseconds") << u"1500ms"_s << true << u"= 1.500 s"_s;
        QTest::newRow("bare number") << u"60"_s << false << QString();
        QTest::newRow("nothing") << QString() << false << QString();
        QTest::newRow("zero") << u"0s"_s << false << u"= 0 s"_s;
        QTest::newRow("month is asked about") << u"1M"_s << false << u"= 2\u202f630\u202f016 s"_s;
        QTest::newRow("word") << u"soon"_s << false << QString();
    }

    void periodsAreDurations()
    {
        QFETCH(QString, text);
        QFETCH(bool, isGood);
        QFETCH(QString, seconds);
        QCOMPARE(fields::parsePeriod(text).has_value(), isGood);
        QCOMPARE(fields::periodInSeconds(text), seconds);
    }

    void periodsReadExactly_data()
    {
        QTest::addColumn<qint64>("nanoseconds");
        QTest::addColumn<QString>("words");
        const auto row = [](std::chrono::nanoseconds time, const QString &words) {
            QTest::newRow(qPrintable(words)) << qint64(time.count()) << words;
        };
        row(1min, u"1\u202fmin"_s);
        row(90s, u"90\u202fs"_s);
        row(2h, u"2\u202fh"_s);
        row(24h, u"24\u202fh"_s);
        row(168h, u"7\u202fd"_s);
        row(250ms, u"250\u202fms"_s);
    }

    void periodsReadExactly()
    {
        QFETCH(qint64, nanoseconds);
        QFETCH(QString, words);
        QCOMPARE(fields::periodWords(std::chrono::nanoseconds(nanoseconds)), words);
    }
};

QTEST_GUILESS_MAIN(LimitFieldsTest)
#include "tst_limitfields.moc"
