// SPDX-License-Identifier: GPL-3.0-or-later
// sluicectl policy TEXT: explains a policy header.
#include "app/ctl/command.h"

#include "core/insight/policytext.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace sluice::ctl {

using namespace Qt::StringLiterals;
using insight::PolicyText;

namespace {

void printField(QLatin1StringView name, const QString &value)
{
    if (!value.isEmpty())
        printLine(u"  "_s + QString(name).leftJustified(9) + value);
}

/// The headers that do not change and, where they belong, those that do.
QStringList headerLines(const PolicyText &text)
{
    QStringList lines;
    for (const auto &header : text.headers)
        lines.append(QString::fromLatin1(header.name + ": " + header.value));
    const qint64 most = text.policy.quota / MicroPerUnit;
    lines.insert(1, u"Helicone-RateLimit-Remaining: what is left, 0 to %1"_s.arg(most));
    lines.insert(3, u"Helicone-RateLimit-Reset: seconds until nothing is used, absent then"_s);
    return lines;
}

void printText(const PolicyText &text)
{
    printLine(QString::fromLatin1(text.canonical));
    printField("meaning"_L1, text.meaning);
    printField("counter"_L1, text.counter);
    if (text.sharesCounterWith > 0)
        printField(""_L1,
            u"Policy %1 has the same counter; it is charged once and the smaller quota binds."_s
                .arg(text.sharesCounterWith));
    printField("needs"_L1, text.source);
    printField("headers"_L1, headerLines(text).join(u"\n           "_s));
}

void printTexts(const std::vector<PolicyText> &texts)
{
    if (texts.empty())
        printLine(u"No policy: a blank header limits nothing."_s);
    for (const PolicyText &text : texts) {
        if (&text != &texts.front())
            printLine({});
        printText(text);
    }
    if (texts.size() > 1)
        printLine(u"\nA request must pass all %1 policies. The Helicone-RateLimit headers tell of "
                  u"the one with\nthe least left, RateLimit-Policy lists all."_s.arg(texts.size()));
}

QString countedUnit(Unit unit)
{
    if (unit == Unit::Cents)
        return u"micro-cent"_s;
    return unit == Unit::Token ? u"token"_s : u"request"_s;
}

QString segmentWord(const config::Segment &segment)
{
    if (segment.kind == config::SegmentKind::EndUser)
        return u"user"_s;
    return segment.kind == config::SegmentKind::Property ? QString::fromLatin1(segment.property)
                                                         : u"global"_s;
}

QJsonObject toJson(const PolicyText &text)
{
    const config::Policy &policy = text.policy;
    const bool isMoney = policy.unit == Unit::Cents;
    QJsonObject headers;
    for (const auto &header : text.headers)
        headers.insert(QString::fromLatin1(header.name), QString::fromLatin1(header.value));
    return {{u"canonical"_s, QString::fromLatin1(text.canonical)}, {u"meaning"_s, text.meaning},
        {u"quota"_s, isMoney ? policy.quota : policy.quota / MicroPerUnit},
        {u"unit"_s, countedUnit(policy.unit)}, {u"window"_s, qint64{policy.window.count()}},
        {u"segment"_s, segmentWord(policy.segment)}, {u"counter"_s, text.counter},
        {u"shares_counter_with"_s,
            text.sharesCounterWith > 0 ? QJsonValue(text.sharesCounterWith) : QJsonValue::Null},
        {u"needs"_s, text.source.isEmpty() ? QJsonValue::Null : QJsonValue(text.source)},
        {u"headers"_s, headers}};
}

void printJson(const QJsonArray &array)
{
    printLine(QString::fromUtf8(QJsonDocument(array).toJson(QJsonDocument::Indented)).trimmed());
}

int explain(const std::vector<config::Policy> &policies, bool isJson)
{
    const std::vector<PolicyText> texts = insight::explainPolicies(policies);
    if (!isJson) {
        printTexts(texts);
        return Success;
    }
    QJsonArray array;
    for (const PolicyText &text : texts)
        array.append(toJson(text));
    printJson(array);
    return Success;
}

int refuse(const QString &header, const config::PolicyError &error, bool isJson)
{
    if (isJson)
        printJson({QJsonObject{{u"column"_s, error.column}, {u"message"_s, error.message}}});
    else
        printError(insight::policyErrorText(header, error));
    return Failed;
}

/// A negative quota is malformed, not an option.
QStringList withoutNegativeOption(QStringList arguments)
{
    const auto isNegative = [](const QString &argument) {
        return argument.size() > 1 && argument[0] == u'-' && argument[1].isDigit();
    };
    const auto at = std::find_if(arguments.begin(), arguments.end(), isNegative);
    if (at == arguments.end() || arguments.contains("--"_L1))
        return arguments;
    const QString text = *at;
    arguments.erase(at);
    return arguments << u"--"_s << text;
}

} // namespace

int runPolicy(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Explains a Helicone-RateLimit-Policy header: \"5000;w=3600;u=cents;s=user\".\n"
        u"Exit code 0: explained, 1: malformed; the column is then marked."_s);
    parser.addPositionalArgument(u"TEXT"_s, u"The header's value; commas separate policies."_s);
    parser.addOption({u"format"_s, u"text (default) or json."_s, u"text|json"_s, u"text"_s});
    if (!parse(parser, withoutNegativeOption(arguments)))
        return Usage;
    const QString format = parser.value(u"format"_s);
    if (parser.positionalArguments().size() != 1 || (format != "text"_L1 && format != "json"_L1)) {
        printError(u"policy needs one TEXT, in quotes, and --format text or json"_s);
        return Usage;
    }
    const QString header = parser.positionalArguments().constFirst();
    const auto parsed = config::parsePolicies(header.toUtf8());
    const bool isJson = format == "json"_L1;
    if (const auto *error = std::get_if<config::PolicyError>(&parsed))
        return refuse(header, *error, isJson);
    return explain(std::get<std::vector<config::Policy>>(parsed), isJson);
}

} // namespace sluice::ctl
