// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/yamltext.h"

#include "core/config/yamlscan.h"

#include <algorithm>
#include <array>

namespace sluice::config::yaml {

using namespace Qt::StringLiterals;

namespace {

bool isPrintable(QChar c)
{
    const char16_t code = c.unicode();
    return code >= 0x20 && !(code >= 0x7F && code <= 0xA0) && code != 0x2028 && code != 0x2029
        && code != 0xFEFF;
}

bool isAllPrintable(const QString &value)
{
    return std::all_of(value.begin(), value.end(), isPrintable);
}

/// YAML 1.2, 7.3.3, a little stricter: what every parser reads back as the same plain scalar.
bool isPlainSafe(const QString &value, bool inFlow)
{
    if (value.isEmpty() || !isAllPrintable(value) || value.trimmed().size() != value.size())
        return false;
    if (u"-?:,[]{}#&*!|>'\"%@`"_s.contains(value.front())) {
        const bool mayStart = value.front() == u'-' && value.size() > 1 && value[1] != u' ';
        if (!mayStart || value.startsWith(u"---"))
            return false;
    }
    if (value.startsWith(u"...") || value.contains(u": ") || value.contains(u" #")
        || value.endsWith(u':'))
        return false;
    const auto endsFlow = [](QChar c) { return u",[]{}?"_s.contains(c); };
    if (inFlow && std::any_of(value.begin(), value.end(), endsFlow))
        return false;
    const QByteArray bytes = value.toUtf8();
    return nullWordLength(bytes, 0) != bytes.size();
}

/// True for texts that a reader with the core schema takes for something other than a string.
bool looksTyped(const QString &value)
{
    static constexpr std::array<QStringView, 8> words{
        u"true", u"false", u"yes", u"no", u"on", u"off", u".inf", u".nan"};
    if (std::any_of(words.begin(), words.end(),
            [&value](QStringView word) { return value.compare(word, Qt::CaseInsensitive) == 0; }))
        return true;
    const QChar first = value.front();
    return first.isDigit() || first == u'-' || first == u'+' || first == u'.' || value == u"<<"
        || value == u"=";
}

QByteArray singleQuoted(const QString &value)
{
    QByteArray bytes = value.toUtf8();
    bytes.replace("'", "''");
    return QByteArray("'" + bytes + "'");
}

QByteArray escaped(QChar c)
{
    switch (c.unicode()) {
    case u'"':
        return "\\\"";
    case u'\\':
        return "\\\\";
    case u'\n':
        return "\\n";
    case u'\t':
        return "\\t";
    case u'\r':
        return "\\r";
    default:
        return "\\u" + QByteArray::number(c.unicode(), 16).rightJustified(4, '0');
    }
}

QByteArray doubleQuoted(const QString &value)
{
    QByteArray bytes = "\"";
    qsizetype copied = 0;
    for (qsizetype i = 0; i < value.size(); ++i) {
        const QChar c = value[i];
        if (c != u'"' && c != u'\\' && isPrintable(c))
            continue;
        bytes += QStringView(value).sliced(copied, i - copied).toUtf8();
        bytes += escaped(c);
        copied = i + 1;
    }
    bytes += QStringView(value).sliced(copied).toUtf8();
    bytes += '"';
    return bytes;
}

} // namespace

Written writeScalar(const QString &value, Style wanted, bool inFlow)
{
    const bool wantsPlain = wanted == Style::Plain || wanted == Style::None;
    if (wantsPlain && isPlainSafe(value, inFlow))
        return {value.toUtf8(), "?"};
    if (wanted == Style::SingleQuoted && isAllPrintable(value))
        return {singleQuoted(value), "!"};
    return {doubleQuoted(value), "!"};
}

Written writeString(const QString &text)
{
    const bool isPlain = isPlainSafe(text, true) && !looksTyped(text);
    return writeScalar(text, isPlain ? Style::Plain : Style::DoubleQuoted, true);
}

} // namespace sluice::config::yaml
