// SPDX-License-Identifier: GPL-3.0-or-later
// What every edit of every file promises, on thousands of random files: it says the new thing, and
// every byte that it does not concern stays.
#include "core/config/yamlpatch.h"
#include "tests/unit/config/yamlsample.h"

#include <QRegularExpression>
#include <QTest>

#include <algorithm>
#include <iterator>
#include <utility>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::config;
using namespace sluice::test;

namespace {

constexpr quint32 FirstSeed = 20'240'601;
constexpr quint32 Files = 1'200;
constexpr quint32 EditsPerFile = 2;

QByteArray report(
    quint32 seed, const QStringList &path, const QByteArray &text, const Result<QByteArray> &result)
{
    const QByteArray after = result ? *result : result.error().message.toUtf8();
    return QByteArray("seed " + QByteArray::number(seed) + ", path " + path.join(u'/').toUtf8()
        + "\n--- before\n" + text + "\n--- after\n" + after);
}

bool isFreeScalar(const Spot &spot)
{
    return spot.isSettable && !spot.isShared;
}

bool isFreeList(const Spot &spot)
{
    return spot.kind == Value::Kind::List && !spot.isShared;
}

bool canTakeKeys(const Spot &spot)
{
    return (spot.kind == Value::Kind::Map || (spot.kind == Value::Kind::Null && !spot.isTidy))
        && !spot.isShared;
}

bool isRemovable(const Spot &spot)
{
    return !spot.isShared && !spot.path.isEmpty();
}

/// Calls check for a few spots of each of thousands of files, until it fails.
template <typename Check> void forSpots(bool (*isWanted)(const Spot &), Check check)
{
    for (quint32 seed = FirstSeed; seed < FirstSeed + Files; ++seed) {
        const Sample sample = makeSample(seed);
        std::vector<Spot> wanted;
        std::copy_if(
            sample.spots.begin(), sample.spots.end(), std::back_inserter(wanted), isWanted);
        QRandomGenerator random(seed);
        std::shuffle(wanted.begin(), wanted.end(), random);
        wanted.resize(std::min<size_t>(wanted.size(), EditsPerFile));
        for (const Spot &spot : wanted) {
            check(seed, sample, spot);
            if (QTest::currentTestFailed())
                return;
        }
    }
}

} // namespace

class TestYamlPatchProperty : public QObject
{
    Q_OBJECT

private Q_SLOTS:

    void init() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }

    void samplesReadAsWritten();
    void settingTheSameChangesNothing();
    void settingAScalarChangesOnlyItsBytes();
    void settingBackGivesTheSameFile();
    void insertingAKeyKeepsEveryLine();
    void appendingAnItemKeepsEveryLine();
    void removingAnEntryKeepsTheRest();
    void usesOfAnAnchorAreRefused();
    void damagedFilesAreSurvived();
};

void TestYamlPatchProperty::samplesReadAsWritten()
{
    for (quint32 seed = FirstSeed; seed < FirstSeed + Files; ++seed) {
        const Sample sample = makeSample(seed);
        QVERIFY2(readValue(sample.text) == sample.value, sample.text.constData());
    }
}

void TestYamlPatchProperty::settingTheSameChangesNothing()
{
    forSpots(isFreeScalar, [](quint32 seed, const Sample &sample, const Spot &spot) {
        Value value = sample.value;
        const QString same = valueAt(value, spot.path).text;
        const Result<QByteArray> result = yamlpatch::setScalar(sample.text, spot.path, same);
        const QByteArray told = report(seed, spot.path, sample.text, result);
        QVERIFY2(result && *result == sample.text, told.constData());
    });
}

void TestYamlPatchProperty::settingAScalarChangesOnlyItsBytes()
{
    static const QStringList news{u"75"_s, u"x: y"_s, u"ü {1}, 'z'"_s, u""_s, u"-"_s, u"a\nb"_s,
        u"null"_s, u" pad "_s, u"2h30m"_s, u"\"#"_s};
    forSpots(isFreeScalar, [](quint32 seed, const Sample &sample, const Spot &spot) {
        const QString &value = news[qsizetype(seed + spot.begin) % news.size()];
        const Result<QByteArray> result = yamlpatch::setScalar(sample.text, spot.path, value);
        const QByteArray told = report(seed, spot.path, sample.text, result);
        QVERIFY2(result, told.constData());
        Value expected = sample.value;
        Value &edited = valueAt(expected, spot.path);
        edited.text = value;
        Value actual = readValue(*result);
        edited.isQuoted = valueAt(actual, spot.path).isQuoted; // quotes may become necessary
        QVERIFY2(actual == expected, told.constData());
        QVERIFY2(result->startsWith(sample.text.first(spot.begin)), told.constData());
        QVERIFY2(result->endsWith(sample.text.sliced(spot.end)), told.constData());
        QCOMPARE(result->count('\n'), sample.text.count('\n'));
        QVERIFY2(linesLost(sample.text, *result) <= 1, told.constData());
    });
}

void TestYamlPatchProperty::settingBackGivesTheSameFile()
{
    forSpots(isFreeScalar, [](quint32 seed, const Sample &sample, const Spot &spot) {
        if (!spot.isUndoable)
            return;
        Value value = sample.value;
        const QString old = valueAt(value, spot.path).text;
        const Result<QByteArray> result = yamlpatch::setScalar(sample.text, spot.path, u"75m"_s);
        QVERIFY2(result, report(seed, spot.path, sample.text, result).constData());
        const Result<QByteArray> back = yamlpatch::setScalar(*result, spot.path, old);
        QVERIFY2(back && *back == sample.text, report(seed, spot.path, *result, back).constData());
    });
}

void TestYamlPatchProperty::insertingAKeyKeepsEveryLine()
{
    forSpots(canTakeKeys, [](quint32 seed, const Sample &sample, const Spot &spot) {
        const Result<QByteArray> result =
            yamlpatch::insertKey(sample.text, spot.path, u"new"_s, u"{x: [1, 'y']}"_s);
        const QByteArray told = report(seed, spot.path, sample.text, result);
        QVERIFY2(result, told.constData());
        Value expected = sample.value;
        Value &edited = valueAt(expected, spot.path);
        edited.kind = Value::Kind::Map;
        edited.keys.push_back(u"new"_s);
        edited.children.push_back(readValue("{x: [1, 'y']}"));
        QVERIFY2(readValue(*result) == expected, told.constData());
        QVERIFY2(linesLost(sample.text, *result) <= (spot.isBlock ? 0 : 1), told.constData());
        if (!spot.isTidy)
            return;
        const Result<QByteArray> back =
            yamlpatch::remove(*result, spot.path + QStringList{u"new"_s});
        QVERIFY2(back && *back == sample.text, report(seed, spot.path, *result, back).constData());
    });
}

void TestYamlPatchProperty::appendingAnItemKeepsEveryLine()
{
    forSpots(isFreeList, [](quint32 seed, const Sample &sample, const Spot &spot) {
        const Result<QByteArray> result =
            yamlpatch::appendItem(sample.text, spot.path, u"{n: x}"_s);
        const QByteArray told = report(seed, spot.path, sample.text, result);
        QVERIFY2(result, told.constData());
        Value expected = sample.value;
        Value &edited = valueAt(expected, spot.path);
        edited.children.push_back(readValue("{n: x}"));
        QVERIFY2(readValue(*result) == expected, told.constData());
        QVERIFY2(linesLost(sample.text, *result) <= (spot.isBlock ? 0 : 1), told.constData());
        if (!spot.isTidy)
            return;
        const QString last = QString::number(edited.children.size() - 1);
        const Result<QByteArray> back = yamlpatch::remove(*result, spot.path + QStringList{last});
        QVERIFY2(back && *back == sample.text, report(seed, spot.path, *result, back).constData());
    });
}

void TestYamlPatchProperty::removingAnEntryKeepsTheRest()
{
    forSpots(isRemovable, [](quint32 seed, const Sample &sample, const Spot &spot) {
        const Result<QByteArray> result = yamlpatch::remove(sample.text, spot.path);
        const QByteArray told = report(seed, spot.path, sample.text, result);
        QVERIFY2(result, told.constData());
        Value expected = sample.value;
        Value &parent = valueAt(expected, spot.path.first(spot.path.size() - 1));
        const Value *removed = &valueAt(expected, spot.path);
        const auto index = removed - parent.children.data();
        parent.children.erase(parent.children.begin() + index);
        if (parent.kind == Value::Kind::Map)
            parent.keys.erase(parent.keys.begin() + index);
        QVERIFY2(readValue(*result) == expected, told.constData());
        // Nothing new appears but `{}`, a line that moved up to a dash, or a comma that went.
        QVERIFY2(linesLost(*result, sample.text) <= 1, told.constData());
    });
}

void TestYamlPatchProperty::usesOfAnAnchorAreRefused()
{
    int refused = 0;
    const auto isUse = [](const Spot &spot) { return spot.isShared && spot.begin < 0; };
    forSpots(isUse, [&refused](quint32 seed, const Sample &sample, const Spot &spot) {
        const Result<QByteArray> result = yamlpatch::setScalar(sample.text, spot.path, u"1"_s);
        QVERIFY2(!result, report(seed, spot.path, sample.text, result).constData());
        QCOMPARE(result.error().code, ErrorCode::Refused);
        ++refused;
    });
    QVERIFY(refused > 100);
}

void TestYamlPatchProperty::damagedFilesAreSurvived()
{
    static const QByteArray signs = "{}[],:#&*!|>'\"%@`-?\n\r\t ~<\\a1\xff\xc3";
    forSpots(isRemovable, [](quint32 seed, const Sample &sample, const Spot &spot) {
        QRandomGenerator random(seed);
        QByteArray text = sample.text;
        for (int damage = random.bounded(1, 5); damage > 0; --damage)
            text[random.bounded(int(text.size()))] = signs[random.bounded(int(signs.size()))];
        for (const Result<QByteArray> &result :
            {yamlpatch::setScalar(text, spot.path, u"x"_s), yamlpatch::remove(text, spot.path),
                yamlpatch::insertKey(text, spot.path, u"new"_s, u"1"_s),
                yamlpatch::appendItem(text, spot.path, u"1"_s)})
            QVERIFY(result || !result.error().message.isEmpty());
    });
}

QTEST_GUILESS_MAIN(TestYamlPatchProperty)
#include "tst_yamlpatchproperty.moc"
