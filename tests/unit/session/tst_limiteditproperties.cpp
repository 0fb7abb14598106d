// SPDX-License-Identifier: GPL-3.0-or-later
// Every edit of every kind of limit, on random files: it parses again to exactly the edited rule,
// every other rule is as it was, and so is every other line.
#include "core/base/duration.h"
#include "core/config/loader.h"
#include "core/config/yamlindex.h"
#include "core/config/yamlscan.h"
#include "core/session/limitadditions.h"
#include "limitdocuments.h"

#include <QTest>

#include <map>

using namespace sluice;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using config::LimitRule;
using config::SegmentKind;
using session::ConfigDraft;
using session::LimitKind;

namespace {

constexpr int Documents = 12;

using Rules = std::map<QByteArray, LimitRule>;

std::shared_ptr<const config::Configuration> load(
    const QByteArray &text, QByteArray *error = nullptr)
{
    const auto result = config::load(text, QProcessEnvironment());
    if (error) {
        for (const config::Finding &finding : result.findings)
            if (finding.severity == config::Severity::Error)
                *error = finding.path.toUtf8() + ": " + finding.message.toUtf8();
    }
    return result.configuration;
}

/// By name, without what moves when another line comes or goes.
Rules rulesOf(const config::Configuration &values)
{
    Rules rules;
    for (LimitRule rule : values.limits) {
        rule.place = {};
        rule.path.clear();
        for (config::LimitOverride &other : rule.overrides)
            other.place = {};
        rules.emplace(rule.name, rule);
    }
    return rules;
}

/// Lines [first, last] of the value at path, 0-based.
std::pair<int, int> linesOf(const QByteArray &text, const QStringList &path)
{
    const QByteArray body = text.sliced(config::yaml::byteOrderMark(text).size());
    const auto tree = config::yaml::Tree::parse(body);
    int node = tree->root;
    for (const QString &component : path) {
        const auto &value = tree->at(node);
        const int entry = value.kind == config::yaml::Kind::Map
            ? tree->entryOf(node, component.toUtf8()) + 1
            : component.toInt();
        node = value.children[size_t(entry)];
    }
    const auto &found = tree->at(node);
    return {config::yaml::lineNumber(body, found.lead) - 1,
        config::yaml::lineNumber(body, found.end) - 1};
}

struct Edit
{
    const char *name;
    /// The edit, with `rule` changed to what must come out; null = does not fit this rule.
    ConfigDraft::Change (*make)(LimitRule &rule, QRandomGenerator &random);
    bool mayLoseComments = false; ///< a key goes, and its trailing comment with it
};

/// Overrides that do not write their own pace have the rule's.
void setPace(LimitRule &rule, std::chrono::nanoseconds refill)
{
    for (config::LimitOverride &other : rule.overrides)
        if (other.refill == rule.refill)
            other.refill = refill;
    rule.refill = refill;
}

void nameAgain(LimitRule &rule)
{
    const bool isDerived = rule.name.contains("/policies/");
    rule.policy = config::canonical(session::policyOf(rule));
    if (isDerived)
        rule.name = rule.name.left(rule.name.indexOf("/policies/") + 10)
            + rule.policy.mid(rule.policy.indexOf(';') + 1);
}

ConfigDraft::Change capacity(LimitRule &rule, QRandomGenerator &random)
{
    const LimitRule before = rule;
    rule.capacity = (6000 + random.bounded(1000)) * MicroPerUnit;
    if (rule.unit == Unit::Cents)
        rule.capacity += 250'000;
    if (!rule.policy.isEmpty())
        nameAgain(rule);
    return session::setCapacity(before, QString::fromLatin1(formatAmount(rule.capacity)));
}

ConfigDraft::Change period(LimitRule &rule, QRandomGenerator &)
{
    const LimitRule before = rule;
    if (rule.algorithm == config::Algorithm::Concurrency)
        return {};
    if (rule.algorithm == config::Algorithm::CalendarWindow) {
        rule.algorithm = config::Algorithm::SlidingWindow;
        rule.calendar = {};
    }
    setPace(rule, 95min);
    if (!rule.policy.isEmpty())
        nameAgain(rule);
    return session::setRefill(before, u"1h 35m"_s);
}

ConfigDraft::Change calendar(LimitRule &rule, QRandomGenerator &)
{
    const LimitRule before = rule;
    const LimitKind kind = session::kindOf(rule);
    if (kind != LimitKind::Usage && kind != LimitKind::Spend)
        return {};
    if (rule.algorithm == config::Algorithm::SlidingWindow)
        rule.calendar.zone = QTimeZone::systemTimeZone();
    rule.algorithm = config::Algorithm::CalendarWindow;
    setPace(rule, 0ns);
    rule.calendar.unit = config::CalendarUnit::Quarter;
    rule.calendar.weekStart = Qt::Monday;
    return session::setRefill(before, u"quarter"_s);
}

ConfigDraft::Change zone(LimitRule &rule, QRandomGenerator &)
{
    const LimitRule before = rule;
    if (rule.algorithm != config::Algorithm::CalendarWindow)
        return {};
    rule.calendar.zone = QTimeZone("Asia/Tokyo");
    return session::setTimeZone(before, "Asia/Tokyo");
}

ConfigDraft::Change systemZone(LimitRule &rule, QRandomGenerator &)
{
    const LimitRule before = rule;
    if (rule.algorithm != config::Algorithm::CalendarWindow)
        return {};
    rule.calendar.zone = QTimeZone::systemTimeZone();
    return session::setTimeZone(before, {});
}

ConfigDraft::Change weekStart(LimitRule &rule, QRandomGenerator &random)
{
    const LimitRule before = rule;
    if (rule.algorithm != config::Algorithm::CalendarWindow
        || rule.calendar.unit != config::CalendarUnit::Week)
        return {};
    rule.calendar.weekStart = random.bounded(2) != 0 ? Qt::Monday : Qt::Saturday;
    return session::setWeekStart(before, rule.calendar.weekStart);
}

ConfigDraft::Change unit(LimitRule &rule, QRandomGenerator &random)
{
    const LimitRule before = rule;
    const LimitKind kind = session::kindOf(rule);
    QList<Unit> units{Unit::Request, Unit::Token};
    if (kind == LimitKind::Concurrency || kind == LimitKind::Spend)
        return {};
    if (kind != LimitKind::Policy)
        units += {Unit::InputToken, Unit::OutputToken};
    if (kind != LimitKind::Usage)
        units += Unit::Cents;
    rule.unit = units.at(random.bounded(int(units.size())));
    rule.onStoreFailure = config::storeFailureDefault(rule.unit); // which none of them writes
    const auto whole = [](MicroAmount amount) {
        return (amount + MicroPerUnit - 1) / MicroPerUnit * MicroPerUnit;
    };
    if (rule.unit != Unit::Cents) {
        rule.capacity = whole(rule.capacity);
        for (config::LimitOverride &other : rule.overrides)
            other.capacity = whole(other.capacity);
    }
    if (kind == LimitKind::Policy)
        nameAgain(rule);
    return session::setUnit(before, rule.unit);
}

ConfigDraft::Change segment(LimitRule &rule, QRandomGenerator &random)
{
    const LimitRule before = rule;
    const LimitKind kind = session::kindOf(rule);
    if (kind == LimitKind::Bucket) // moves to another key, see tst_limitedits
        return {};
    rule.segment = random.bounded(2) != 0 ? config::Segment{SegmentKind::EndUser, {}}
                                          : config::Segment{SegmentKind::Property, "stage"};
    rule.overrides.clear();
    if (kind == LimitKind::Policy)
        nameAgain(rule);
    return session::setSegment(before, rule.segment);
}

ConfigDraft::Change name(LimitRule &rule, QRandomGenerator &)
{
    const LimitRule before = rule;
    rule.name = "a new: name";
    return session::setName(before, rule.name);
}

ConfigDraft::Change mode(LimitRule &rule, QRandomGenerator &random)
{
    const LimitRule before = rule;
    rule.mode = config::LimitMode(random.bounded(3));
    return session::setMode(before, rule.mode);
}

ConfigDraft::Change missing(LimitRule &rule, QRandomGenerator &random)
{
    const LimitRule before = rule;
    rule.onMissing = config::MissingSegment(random.bounded(3));
    return session::setOnMissing(before, rule.onMissing);
}

ConfigDraft::Change match(LimitRule &rule, QRandomGenerator &random)
{
    const LimitRule before = rule;
    const QList<QByteArray> words{"gpt-4*", "o1", "b", "*", "claude: x", "true", "4"};
    const auto globs = [&] {
        QList<QByteArray> list;
        for (const QByteArray &word : words)
            if (random.bounded(4) == 0)
                list.append(word);
        return list;
    };
    rule.match.models = globs();
    rule.match.users = globs();
    rule.match.properties.clear();
    if (random.bounded(2) != 0)
        rule.match.properties.insert("tier", "x*");
    if (random.bounded(2) != 0)
        rule.match.properties.insert("zone", "1");
    return session::setMatch(before, rule.match);
}

ConfigDraft::Change overrideAdded(LimitRule &rule, QRandomGenerator &random)
{
    const LimitRule before = rule;
    if (rule.segment.kind == SegmentKind::Shared || rule.segment.kind == SegmentKind::ApiKey)
        return {};
    config::LimitOverride other{"new: one", 77 * MicroPerUnit, rule.refill, {}};
    if (session::kindOf(rule) == LimitKind::Bucket && random.bounded(2) != 0)
        other.refill = 3min;
    rule.overrides.push_back(other);
    return session::setOverride(before, other);
}

ConfigDraft::Change overrideChanged(LimitRule &rule, QRandomGenerator &random)
{
    const LimitRule before = rule;
    if (rule.overrides.empty())
        return {};
    config::LimitOverride &other = rule.overrides.back();
    other.capacity = 78 * MicroPerUnit;
    if (session::kindOf(rule) == LimitKind::Bucket)
        other.refill = random.bounded(2) != 0 ? rule.refill : 5min;
    return session::setOverride(before, other);
}

ConfigDraft::Change overrideRenamed(LimitRule &rule, QRandomGenerator &)
{
    const LimitRule before = rule;
    if (rule.overrides.empty())
        return {};
    rule.overrides.front().value = "other";
    return session::renameOverride(before, before.overrides.front().value, "other");
}

ConfigDraft::Change overrideRemoved(LimitRule &rule, QRandomGenerator &)
{
    const LimitRule before = rule;
    if (rule.overrides.empty())
        return {};
    rule.overrides.erase(rule.overrides.begin());
    return session::removeOverride(before, before.overrides.front().value);
}

const Edit Edits[] = {{"capacity", capacity}, {"period", period, true},
    {"calendar", calendar, true}, {"zone", zone}, {"system zone", systemZone, true},
    {"week start", weekStart, true}, {"unit", unit, true}, {"segment", segment, true},
    {"name", name}, {"mode", mode, true}, {"missing", missing, true}, {"match", match, true},
    {"override added", overrideAdded}, {"override changed", overrideChanged},
    {"override renamed", overrideRenamed}, {"override removed", overrideRemoved, true}};

QByteArray both(const QByteArray &a, const QByteArray &b)
{
    return a + '\n' + b;
}

QByteArrayList commentsOf(const QByteArray &text)
{
    QByteArrayList comments;
    for (qsizetype at = text.indexOf("# c"); at >= 0; at = text.indexOf("# c", at + 1))
        comments += text.mid(at, text.indexOf('.', at) - at);
    return comments;
}

} // namespace

class TestLimitEditProperties : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void edits_data();
    void edits();
    void removes();
    void adds_data();
    void adds();

private:
    void check(
        const QByteArray &text, const LimitRule &rule, const Edit &edit, QRandomGenerator &random);
};

void TestLimitEditProperties::edits_data()
{
    QTest::addColumn<int>("edit");
    for (int i = 0; i < int(std::size(Edits)); ++i)
        QTest::newRow(Edits[i].name) << i;
}

void TestLimitEditProperties::edits()
{
    QFETCH(const int, edit);
    int made = 0;
    for (quint32 seed = 1; seed <= Documents; ++seed) {
        const QByteArray text = test::LimitDocument(seed).write();
        QByteArray error;
        const auto values = load(text, &error);
        QVERIFY2(values, both(error, text).constData());
        QRandomGenerator random(seed);
        for (const LimitRule &rule : values->limits) {
            LimitRule wanted = rule;
            if (!Edits[edit].make(wanted, random))
                continue;
            check(text, rule, Edits[edit], random);
            if (QTest::currentTestFailed())
                return;
            ++made;
        }
    }
    QVERIFY(made > Documents / 4);
}

void TestLimitEditProperties::check(
    const QByteArray &text, const LimitRule &rule, const Edit &edit, QRandomGenerator &random)
{
    LimitRule wanted = rule;
    const ConfigDraft::Change change = edit.make(wanted, random);
    const Result<QByteArray> after = change(text);
    QVERIFY2(after, after ? "" : qPrintable(after.error().message + u'\n' + rule.path.join(u'.')));
    QByteArray error;
    const auto values = load(*after, &error);
    const QByteArray where = rule.path.join(u'.').toUtf8() + '\n' + text + "\n=>\n" + *after;
    if (!values && error.contains("another limit is called"))
        return; // policies that have become the same
    QVERIFY2(values, both(error, where).constData());
    Rules expected = rulesOf(*load(text));
    expected.erase(rule.name);
    wanted.place = {};
    wanted.path.clear();
    for (config::LimitOverride &other : wanted.overrides)
        other.place = {};
    expected.emplace(wanted.name, wanted);
    QVERIFY2(rulesOf(*values) == expected, where.constData());

    // Other lines: those before and behind the limit.
    const auto [first, last] = linesOf(text, rule.path);
    const QByteArrayList old = text.split('\n');
    const QByteArrayList now = after->split('\n');
    QVERIFY2(old.first(first) == now.first(first), where.constData());
    const qsizetype behind = old.size() - last - 1;
    QVERIFY2(old.last(behind) == now.last(behind), where.constData());
    if (!edit.mayLoseComments)
        QVERIFY2(commentsOf(text) == commentsOf(*after), where.constData());
    if (edit.make == capacity) {
        int changed = 0;
        QCOMPARE(old.size(), now.size());
        for (qsizetype i = 0; i < old.size(); ++i)
            changed += old[i] == now[i] ? 0 : 1;
        QCOMPARE(changed, 1);
    }
}

void TestLimitEditProperties::removes()
{
    for (quint32 seed = 1; seed <= Documents; ++seed) {
        const QByteArray text = test::LimitDocument(seed).write();
        const auto values = load(text);
        for (const LimitRule &rule : values->limits) {
            const Result<QByteArray> after = session::removeLimit(rule)(text);
            QVERIFY2(after, after ? "" : qPrintable(after.error().message));
            QByteArray error;
            const auto left = load(*after, &error);
            const QByteArray where =
                error + '\n' + rule.path.join(u'.').toUtf8() + '\n' + text + "\n=>\n" + *after;
            QVERIFY2(left, where.constData());
            Rules expected = rulesOf(*values);
            expected.erase(rule.name);
            QVERIFY2(rulesOf(*left) == expected, where.constData());
        }
    }
}

void TestLimitEditProperties::adds_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("unit");
    QTest::addColumn<QString>("amount");
    QTest::addColumn<QString>("period");
    const auto row = [](const char *name, LimitKind kind, Unit unit, const QString &amount,
                         const QString &period) {
        QTest::newRow(name) << int(kind) << int(unit) << amount << period;
    };
    row("bucket", LimitKind::Bucket, Unit::Request, u"60"_s, u"1m"_s);
    row("bucket of cents", LimitKind::Bucket, Unit::Cents, u"60.5"_s, u"1h"_s);
    row("rolling", LimitKind::Usage, Unit::Request, u"1000"_s, u"24h"_s);
    row("rolling tokens", LimitKind::Usage, Unit::OutputToken, u"1000"_s, u"24h"_s);
    row("calendar", LimitKind::Usage, Unit::Token, u"200000"_s, u"month"_s);
    row("spend", LimitKind::Spend, Unit::Cents, u"50000"_s, u"month"_s);
    row("concurrency", LimitKind::Concurrency, Unit::ConcurrentRequest, u"8"_s, QString());
    row("policy", LimitKind::Policy, Unit::Request, u"1000"_s, u"3600s"_s);
    row("policy of cents", LimitKind::Policy, Unit::Cents, u"2.5"_s, u"1d"_s);
}

void TestLimitEditProperties::adds()
{
    QFETCH(const int, kind);
    QFETCH(const int, unit);
    QFETCH(const QString, amount);
    QFETCH(const QString, period);
    for (quint32 seed = 1; seed <= Documents; ++seed) {
        QByteArray text = test::LimitDocument(seed).write();
        QRandomGenerator random(seed);
        session::NewLimit limit{{}, LimitKind(kind), Unit(unit), amount, period, {}};
        const QByteArray property = random.bounded(2) != 0 ? "tenant" : "fresh";
        limit.place.segment = random.bounded(2) != 0
            ? config::Segment{SegmentKind::Property, property}
            : config::Segment{SegmentKind::EndUser, {}};
        if (random.bounded(2) != 0) {
            limit.place.scope = config::LimitScope::Router;
            limit.place.router = "prod";
        }
        // Again and again at the same place: one alone, a list, a longer list.
        for (int i = 0; i < 3; ++i) {
            const auto before = load(text);
            limit.name = session::nameForNew(*before, limit);
            const Result<QByteArray> after = session::addLimit(limit)(text);
            QVERIFY2(after, after ? "" : both(after.error().message.toUtf8(), text).constData());
            QByteArray error;
            const auto values = load(*after, &error);
            const QByteArray where = error + '\n' + text + "\n=>\n" + *after;
            QVERIFY2(values, where.constData());
            QCOMPARE(commentsOf(*after), commentsOf(text));
            Rules rules = rulesOf(*values);
            for (const auto &[name, rule] : rulesOf(*before)) {
                QVERIFY2(rules[name] == rule, both(name, where).constData());
                rules.erase(name);
            }
            QCOMPARE(rules.size(), size_t(1));
            const LimitRule &added = rules.begin()->second;
            QCOMPARE(session::kindOf(added), LimitKind(kind));
            QVERIFY(added.unit == Unit(unit));
            QCOMPARE(formatAmount(added.capacity), amount.toLatin1());
            QVERIFY(added.segment == limit.place.segment);
            QCOMPARE(added.router, limit.place.router);
            QVERIFY(limit.name.isEmpty() || added.name == limit.name);
            if (const auto length = parseDuration(period))
                QVERIFY(added.refill == *length);
            text = *after;
        }
    }
}

QTEST_GUILESS_MAIN(TestLimitEditProperties)
#include "tst_limiteditproperties.moc"
