// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/admin/adminrequest.h"

#include "core/base/duration.h"
#include "core/base/secrets.h"
#include "core/base/units.h"
#include "core/config/reader.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QNetworkInterface>
#include <QStringDecoder>

#include <algorithm>

namespace sluice::gateway {

using namespace Qt::StringLiterals;

namespace {

constexpr int MaxDepth = 8; ///< of a body; the fields are flat
constexpr qsizetype MaxText = 16 * 1024; ///< characters of one field
constexpr QByteArrayView Scheme = "bearer ";

Failure invalid(const QString &message)
{
    return {400, "invalid_request_error", "invalid_field", message};
}

Failure invalidJson(const QString &message)
{
    return {400, "invalid_request_error", "invalid_json", message};
}

/// Another address of this machine is this machine too: the gateway may listen on that one only.
bool isThisMachine(const QHostAddress &peer)
{
    return peer.isLoopback() || QNetworkInterface::allAddresses().contains(peer);
}

QByteArray bearerToken(const Headers &headers)
{
    const QByteArray value = headerValue(headers, "authorization");
    if (value.size() < Scheme.size() || value.first(Scheme.size()).toLower() != Scheme)
        return {};
    return value.sliced(Scheme.size()).trimmed();
}

std::optional<QString> decoded(QByteArrayView encoded)
{
    QStringDecoder decode(QStringDecoder::Utf8);
    QString text = decode(QByteArray::fromPercentEncoding(encoded.toByteArray()));
    if (decode.hasError() || text.contains(QChar::Null))
        return std::nullopt;
    return text;
}

QList<QByteArrayView> split(QByteArrayView text, char separator)
{
    QList<QByteArrayView> parts;
    for (;;) {
        const qsizetype at = text.indexOf(separator);
        if (at < 0)
            break;
        parts.append(text.first(at));
        text = text.sliced(at + 1);
    }
    parts.append(text);
    return parts;
}

/// A quick look before the parser allocates anything.
bool isDeeperThan(const QByteArray &json, int most)
{
    int depth = 0;
    bool isText = false;
    for (qsizetype i = 0; i < json.size(); ++i) {
        const char letter = json[i];
        if (isText && letter == '\\')
            ++i;
        else if (letter == '"')
            isText = !isText;
        else if (!isText && (letter == '{' || letter == '['))
            ++depth;
        else if (!isText && (letter == '}' || letter == ']'))
            --depth;
        if (depth > most)
            return true;
    }
    return false;
}

/// "2026-01-31" is a text and no number; which is which says the parameter, not the sender.
class ValueReader
{
public:
    explicit ValueReader(const AdminParameter &parameter) : m_parameter(parameter) { }

    [[nodiscard]] std::variant<QJsonValue, Failure> read(const QJsonValue &value) const
    {
        switch (m_parameter.type) {
        case AdminType::Text:
        case AdminType::Texts:
            return text(value);
        case AdminType::Number:
            return number(value);
        case AdminType::Amount:
            return amount(value);
        case AdminType::Duration:
            return duration(value);
        }
        Q_UNREACHABLE();
    }

private:
    [[nodiscard]] Failure wrong(const QString &wanted) const
    {
        return invalid(u"\"%1\" must be %2"_s.arg(m_parameter.name, wanted));
    }

    [[nodiscard]] std::variant<QJsonValue, Failure> text(const QJsonValue &value) const
    {
        if (!value.isString())
            return wrong(u"a text"_s);
        if (value.toString().size() > MaxText)
            return wrong(u"at most %1 characters long"_s.arg(MaxText));
        if (m_parameter.isRequired && value.toString().isEmpty())
            return wrong(u"a text that is not empty"_s);
        return value;
    }

    [[nodiscard]] std::variant<QJsonValue, Failure> number(const QJsonValue &value) const
    {
        bool isNumber = value.isDouble();
        const qint64 read = isNumber ? value.toInteger(0) : value.toString().toLongLong(&isNumber);
        const bool isTooLarge = m_parameter.most > 0 && read > m_parameter.most;
        if (!isNumber || read < 1 || isTooLarge)
            return wrong(m_parameter.most > 0
                    ? u"a whole number from 1 to %1"_s.arg(m_parameter.most)
                    : u"a whole number, at least 1"_s);
        return QJsonValue(read);
    }

    [[nodiscard]] std::variant<QJsonValue, Failure> amount(const QJsonValue &value) const
    {
        // A number with a fraction has lost its exactness before it comes here.
        const qint64 whole = value.toInteger(-1);
        const QByteArray text =
            value.isDouble() && whole >= 0 ? QByteArray::number(whole) : value.toString().toUtf8();
        const Result<MicroAmount> read = parseAmount(text);
        if (!read || *read <= 0)
            return wrong(u"an amount above 0, like 500 or \"2.50\""_s);
        return QJsonValue(*read);
    }

    [[nodiscard]] std::variant<QJsonValue, Failure> duration(const QJsonValue &value) const
    {
        const auto read = parseDuration(value.toString());
        if (!value.isString() || !read || *read <= std::chrono::nanoseconds::zero())
            return wrong(u"a duration, like \"2h\" or \"1h 30m\""_s);
        return QJsonValue(qint64(read->count()));
    }

    const AdminParameter &m_parameter;
};

/// Fills the values of one operation.
class Reader
{
public:
    Reader(const AdminOperation &operation, QJsonObject values) : m_operation(operation)
    {
        m_request.call = operation.call;
        m_request.values = std::move(values);
    }

    std::variant<AdminRequest, Failure> fromQuery(QByteArrayView query)
    {
        if (query.isEmpty())
            return complete();
        const QList<QByteArrayView> pairs = split(query, '&');
        for (const QByteArrayView pair : pairs) {
            if (const auto failure = takePair(pair))
                return *failure;
        }
        return complete();
    }

    std::variant<AdminRequest, Failure> fromBody(const QByteArray &body)
    {
        if (isDeeperThan(body, MaxDepth))
            return invalidJson(u"The body is nested more than %1 levels deep"_s.arg(MaxDepth));
        QJsonParseError error;
        const QJsonDocument document = QJsonDocument::fromJson(body, &error);
        if (error.error != QJsonParseError::NoError)
            return invalidJson(u"The body is not JSON: %1 at byte %2"_s.arg(error.errorString())
                                   .arg(error.offset));
        if (!document.isObject())
            return invalidJson(u"The body must be a JSON object"_s);
        const QJsonObject fields = document.object();
        for (auto field = fields.begin(); field != fields.end(); ++field) {
            if (const auto failure = take(field.key(), field.value(), false))
                return *failure;
        }
        return complete();
    }

private:
    std::optional<Failure> takePair(QByteArrayView pair)
    {
        const qsizetype equals = pair.indexOf('=');
        const auto name = decoded(equals < 0 ? pair : pair.first(equals));
        const auto value = decoded(equals < 0 ? QByteArrayView() : pair.sliced(equals + 1));
        if (!name || !value)
            return invalid(u"The query is no percent-encoded UTF-8"_s);
        return take(*name, *value, true);
    }

    std::optional<Failure> take(const QString &name, const QJsonValue &value, bool isQuery)
    {
        const auto *const found = std::find_if(m_operation.parameters.data(),
            m_operation.parameters.data() + m_operation.parameters.size(),
            [&name](const AdminParameter &parameter) { return parameter.name == name; });
        if (found == m_operation.parameters.data() + m_operation.parameters.size())
            return unknown(name);
        const auto read = ValueReader(*found).read(value);
        if (const auto *failure = std::get_if<Failure>(&read))
            return *failure;
        const auto &good = std::get<QJsonValue>(read);
        if (found->type == AdminType::Texts) {
            QJsonArray all = m_request.values.value(name).toArray();
            all.append(good);
            m_request.values.insert(name, all);
        } else if (isQuery && m_request.values.contains(name)) {
            return invalid(u"\"%1\" is there twice"_s.arg(shownText(name)));
        } else {
            m_request.values.insert(name, good);
        }
        return std::nullopt;
    }

    [[nodiscard]] Failure unknown(const QString &name) const
    {
        QList<QByteArrayView> names;
        QStringList list;
        for (const AdminParameter &parameter : m_operation.parameters) {
            names.append(QByteArrayView(parameter.name.data(), parameter.name.size()));
            list.append(parameter.name);
        }
        const QByteArray meant = config::nearest(name.toUtf8(), names);
        if (!meant.isEmpty())
            return invalid(u"There is no field \"%1\" here; did you mean \"%2\"?"_s.arg(
                shownText(name), QString::fromUtf8(meant)));
        return invalid(list.isEmpty()
                ? u"There is no field \"%1\" here; it takes none"_s.arg(shownText(name))
                : u"There is no field \"%1\" here; it takes: %2"_s.arg(
                    shownText(name), list.join(u", "_s)));
    }

    [[nodiscard]] std::variant<AdminRequest, Failure> complete() const
    {
        for (const AdminParameter &parameter : m_operation.parameters) {
            if (parameter.isRequired && !m_request.values.contains(parameter.name))
                return invalid(u"\"%1\" is missing: %2"_s.arg(parameter.name, parameter.meaning));
        }
        return m_request;
    }

    const AdminOperation &m_operation;
    AdminRequest m_request;
};

/// The values of a path's "{name}" parts; nullopt if it is not that path.
std::optional<QJsonObject> match(const AdminOperation &operation, QByteArrayView path)
{
    const QList<QByteArrayView> wanted =
        split(QByteArrayView(operation.path.data(), operation.path.size()), '/');
    const QList<QByteArrayView> given = split(path, '/');
    if (wanted.size() != given.size())
        return std::nullopt;
    QJsonObject values;
    for (qsizetype i = 0; i < wanted.size(); ++i) {
        const bool isValue = wanted[i].startsWith('{');
        if (!isValue && wanted[i] != given[i])
            return std::nullopt;
        if (!isValue)
            continue;
        const auto value = decoded(given[i]);
        if (!value || value->isEmpty())
            return std::nullopt;
        values.insert(QString::fromLatin1(wanted[i].sliced(1, wanted[i].size() - 2)), *value);
    }
    return values;
}

std::variant<AdminRequest, Failure> readFields(const AdminOperation &operation,
    const QJsonObject &inPath, QByteArrayView query, const QByteArray &body)
{
    Reader reader(operation, inPath);
    const bool hasBody = operation.method == "POST";
    if (hasBody && !query.isEmpty())
        return invalid(u"The fields belong into the body, not into the query"_s);
    if (hasBody)
        return reader.fromBody(body.isEmpty() ? "{}"_ba : body);
    if (!body.isEmpty())
        return invalid(u"%1 takes no body here"_s.arg(QString::fromUtf8(operation.method)));
    return reader.fromQuery(query.isEmpty() ? query : query.sliced(1));
}

} // namespace

QString shownText(QString text)
{
    constexpr qsizetype Longest = 80;
    if (text.size() > Longest)
        text = text.first(Longest) + u"..."_s;
    std::replace_if(
        text.begin(), text.end(),
        [](QChar letter) {
            return letter.category() == QChar::Other_Control
                || letter.category() == QChar::Separator_Line
                || letter.category() == QChar::Separator_Paragraph;
        },
        QChar(u' '));
    return text;
}

std::optional<Failure> refuseStrangers(
    const RequestHead &head, const QHostAddress &peer, QStringView what)
{
    if (!headerValue(head.headers, "origin").isNull())
        return Failure{403, "invalid_request_error", "origin_not_allowed",
            u"%1 is not for web pages"_s.arg(what)};
    if (!isThisMachine(peer))
        return Failure{403, "invalid_request_error", "local_only",
            u"%1 answers on this machine only"_s.arg(what)};
    return std::nullopt;
}

std::optional<Failure> refuseAdmin(
    const RequestHead &head, const QHostAddress &peer, QByteArrayView token)
{
    if (auto failure = refuseStrangers(head, peer, u"The admin API"))
        return failure;
    if (token.isEmpty() || !equalInConstantTime(bearerToken(head.headers), token))
        return Failure{401, "invalid_request_error", "admin_token_required",
            u"The admin API needs \"Authorization: Bearer TOKEN\" with the token in the file "
            u"admin-token of the gateway's data directory"_s};
    if (head.contentLength > MaxAdminBody)
        return Failure{413, "invalid_request_error", "request_too_large",
            u"The body is larger than %1 bytes"_s.arg(MaxAdminBody)};
    return std::nullopt;
}

std::variant<AdminRequest, Failure> readAdminRequest(
    const RequestHead &head, const QByteArray &body)
{
    if (body.size() > MaxAdminBody)
        return Failure{413, "invalid_request_error", "request_too_large",
            u"The body is larger than %1 bytes"_s.arg(MaxAdminBody)};
    const QByteArray path = pathOf(head.target);
    const QByteArrayView below = path.startsWith(AdminOperation::Prefix)
        ? QByteArrayView(path).sliced(AdminOperation::Prefix.size())
        : QByteArrayView();
    for (const AdminOperation &operation : adminOperations()) {
        const auto inPath =
            operation.method == head.method ? match(operation, below) : std::nullopt;
        if (inPath)
            return readFields(
                operation, *inPath, QByteArrayView(head.target).sliced(path.size()), body);
    }
    return Failure{404, "invalid_request_error", "not_found",
        u"There is no %1 %2; see /-/api/v1/openapi.json"_s.arg(
            shownText(QString::fromUtf8(head.method)), shownText(QString::fromUtf8(path)))};
}

} // namespace sluice::gateway
