// SPDX-License-Identifier: GPL-3.0-or-later
#include "limitdocuments.h"

namespace sluice::test {

QByteArray LimitDocument::comment()
{
    return "# c" + QByteArray::number(++m_comments) + ".";
}

void LimitDocument::line(int indent, const QByteArray &text)
{
    if (chance(8))
        m_text += QByteArray(indent, ' ') + comment() + '\n';
    if (chance(4))
        m_text += '\n';
    m_text += QByteArray(indent, ' ') + text;
    if (chance(15))
        m_text += " " + comment();
    m_text += '\n';
}

QByteArray LimitDocument::quotedOrPlain(const QByteArray &text)
{
    const QByteArray quote = chance(30) ? "\"" : chance(20) ? "'" : "";
    return quote + text + quote;
}

QByteArray LimitDocument::flow(const Entries &entries)
{
    QByteArrayList parts;
    for (const auto &[key, value] : entries)
        parts += key + ": " + value;
    return '{' + parts.join(", ") + '}';
}

void LimitDocument::common(Entries &entries, const QByteArray &amount, bool isBucket, bool isShared)
{
    if (chance(30))
        entries.append(Entry{"mode", pick({"shadow", "off", "enforce"})});
    if (chance(20))
        entries.append(Entry{"on-missing-segment", pick({"share", "reject", "skip"})});
    if (chance(25))
        entries.append(Entry{"match",
            pick({"{models: [\"gpt-4*\", o1]}", "{users: alice, properties: {Tier: free}}",
                "{models: [a, b, c], users: [\"*\"]}", "{properties: {tier: pro, Stage: p*}}"})});
    if (!isShared && chance(30)) {
        QByteArray own = "{" + amount + ": " + number() + "}";
        if (isBucket && chance(50))
            own = "{" + amount + ": " + number() + ", refill-frequency: 97s}";
        const QByteArray second = chance(50) ? ", \"v 2\": " + own : QByteArray();
        entries.append(Entry{"overrides", "{v1: " + own + second + "}"});
    }
    if (chance(30) && entries.size() > 1)
        entries.swapItemsAt(0, 1);
}

LimitDocument::Entries LimitDocument::bucket(const QByteArray &name, bool isShared)
{
    Entries entries;
    if (!name.isEmpty())
        entries.append(Entry{"name", quotedOrPlain(name)});
    entries.append(Entry{"capacity", number()});
    entries.append(Entry{"refill-frequency", quotedOrPlain(pick({"1s", "1m", "2h 30m", "1d"}))});
    if (chance(30))
        entries.append(Entry{"unit", pick({"token", "input-token", "cents", "request"})});
    common(entries, "capacity", true, isShared);
    return entries;
}

LimitDocument::Entries LimitDocument::usage(const QByteArray &name)
{
    const bool isTokens = chance(50);
    const QByteArray key = isTokens ? "tokens" : "requests";
    const QByteArray per = pick({"end-user", "property:Tenant", "shared"});
    Entries entries{{"name", quotedOrPlain(name)}, {"per", per}, {key, number()}};
    if (isTokens && chance(50))
        entries.append(Entry{"count", pick({"total", "input", "output"})});
    if (chance(50)) {
        entries.append(Entry{"period", quotedOrPlain(pick({"24h", "1h 30m", "7d"}))});
    } else {
        entries.append(Entry{"period", "week"});
        entries.append(Entry{"timezone", quotedOrPlain("Europe/Berlin")});
        if (chance(50))
            entries.append(Entry{"week-starts", "sunday"});
    }
    common(entries, key, false, per == "shared");
    return entries;
}

LimitDocument::Entries LimitDocument::spending(const QByteArray &name)
{
    const QByteArray amount = number() + pick({"", ".5", ".000001"});
    Entries entries{{"name", quotedOrPlain(name)}, {"per", "end-user"}, {"cents", amount},
        {"period", pick({"month", "day", "48h", "year"})}};
    common(entries, "cents", false, false);
    return entries;
}

LimitDocument::Entries LimitDocument::concurrency(const QByteArray &name)
{
    Entries entries{{"name", quotedOrPlain(name)}, {"per", "end-user"}, {"max", number()}};
    common(entries, "max", false, false);
    return entries;
}

void LimitDocument::writeMap(int indent, const QByteArray &key, const Entries &entries)
{
    if (chance(50)) {
        line(indent, key + ": " + flow(entries));
        return;
    }
    line(indent, key + ":");
    for (const auto &[name, value] : entries)
        line(indent + 2, name + ": " + value);
}

void LimitDocument::writeItem(int indent, const Entries &entries)
{
    if (chance(50)) {
        line(indent, "- " + flow(entries));
        return;
    }
    bool isFirst = true;
    for (const auto &[name, value] : entries) {
        line(isFirst ? indent : indent + 2, (isFirst ? "- " : "") + name + ": " + value);
        isFirst = false;
    }
}

void LimitDocument::writeBuckets(int indent, const QByteArray &key, bool isShared)
{
    if (chance(60)) {
        writeMap(indent, key, bucket({}, isShared));
        return;
    }
    line(indent, key + ":");
    const int inner = indent + (chance(50) ? 2 : 0);
    for (int i = 0, count = 1 + below(3); i < count; ++i)
        writeItem(inner, bucket("n" + QByteArray::number(++m_names), isShared));
}

void LimitDocument::writeList(
    int indent, const QByteArray &key, Entries (LimitDocument::*item)(const QByteArray &))
{
    const int count = 1 + below(3);
    if (chance(30)) {
        QByteArrayList items;
        for (int i = 0; i < count; ++i)
            items += flow((this->*item)("n" + QByteArray::number(++m_names)));
        line(indent, key + ": [" + items.join(", ") + "]");
        return;
    }
    line(indent, key + ":");
    for (int i = 0; i < count; ++i)
        writeItem(indent + 2, (this->*item)("n" + QByteArray::number(++m_names)));
}

void LimitDocument::writePolicies(int indent)
{
    const QByteArrayList texts{
        "1000;w=3600;s=user", "50; w=60 ;s=Tenant", "12.5;w=86400;u=cost", "90000;u=tokens;w=600"};
    line(indent, "policies:");
    for (const QByteArray &text : texts) {
        if (chance(40))
            line(indent + 2, "- " + quotedOrPlain(text));
        else if (chance(50))
            writeItem(indent + 2, {{"policy", quotedOrPlain(text)}, {"mode", "shadow"}});
        else
            writeItem(indent + 2,
                {{"name", "n" + QByteArray::number(++m_names)}, {"policy", quotedOrPlain(text)}});
    }
}

void LimitDocument::writeBlock(int indent)
{
    line(indent, "rate-limit:");
    indent += 2;
    writeBuckets(indent, "per-end-user", false);
    if (chance(60))
        writeBuckets(indent, "shared", true);
    if (chance(50)) {
        line(indent, "per-property:");
        writeBuckets(indent + 2, pick({"tenant", "Tenant"}), false);
        writeBuckets(indent + 2, "tier", false);
    }
    if (chance(70))
        writeList(indent, "usage-limits", &LimitDocument::usage);
    if (chance(70))
        writeList(indent, "spend-limits", &LimitDocument::spending);
    if (chance(60))
        writeList(indent, "concurrency", &LimitDocument::concurrency);
    if (chance(60))
        writePolicies(indent);
}

QByteArray LimitDocument::write()
{
    line(0, "server: {port: 0}");
    line(0, "global:");
    writeBlock(2);
    line(0, "routers:");
    line(2, "prod:");
    line(4, "load-balance: {chat: {strategy: weighted, providers: [openai]}}");
    writeBlock(4);
    line(0, "estimates: {output-tokens: 500}");
    if (chance(20))
        m_text.replace("\n", "\r\n");
    if (chance(10))
        m_text.prepend("\xef\xbb\xbf");
    return m_text;
}

} // namespace sluice::test
