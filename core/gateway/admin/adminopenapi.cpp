// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gateway/admin/adminopenapi.h"

#include "core/gateway/admin/adminoperation.h"

#include <QJsonArray>
#include <QRegularExpression>

namespace sluice::gateway {

using namespace Qt::StringLiterals;

namespace {

QJsonObject typeOf(const AdminParameter &parameter)
{
    switch (parameter.type) {
    case AdminType::Text:
    case AdminType::Duration:
        return {{u"type"_s, u"string"_s}};
    case AdminType::Texts:
        return {{u"type"_s, u"array"_s}, {u"items"_s, QJsonObject{{u"type"_s, u"string"_s}}}};
    case AdminType::Number: {
        QJsonObject type{{u"type"_s, u"integer"_s}, {u"minimum"_s, 1}};
        if (parameter.most > 0)
            type.insert(u"maximum"_s, parameter.most);
        return type;
    }
    case AdminType::Amount:
        return {{u"oneOf"_s,
            QJsonArray{QJsonObject{{u"type"_s, u"string"_s}},
                QJsonObject{{u"type"_s, u"integer"_s}, {u"minimum"_s, 1}}}}};
    }
    Q_UNREACHABLE();
}

QJsonObject bodyOf(const AdminOperation &operation)
{
    QJsonObject properties;
    QJsonArray required;
    for (const AdminParameter &parameter : operation.parameters) {
        QJsonObject schema = typeOf(parameter);
        schema.insert(u"description"_s, QString(parameter.meaning));
        properties.insert(parameter.name, schema);
        if (parameter.isRequired)
            required.append(QString(parameter.name));
    }
    QJsonObject schema{{u"type"_s, u"object"_s}, {u"properties"_s, properties},
        {u"additionalProperties"_s, false}};
    if (!required.isEmpty())
        schema.insert(u"required"_s, required);
    const QJsonObject content{{u"application/json"_s, QJsonObject{{u"schema"_s, schema}}}};
    return {{u"required"_s, !required.isEmpty()}, {u"content"_s, content}};
}

QJsonArray parametersOf(const AdminOperation &operation)
{
    static const QRegularExpression inPath(u"\\{(\\w+)\\}"_s);
    QJsonArray parameters;
    for (const auto &match : inPath.globalMatch(operation.path)) {
        parameters.append(QJsonObject{{u"name"_s, match.captured(1)}, {u"in"_s, u"path"_s},
            {u"required"_s, true}, {u"schema"_s, QJsonObject{{u"type"_s, u"string"_s}}}});
    }
    if (operation.method == "POST")
        return parameters;
    for (const AdminParameter &parameter : operation.parameters) {
        parameters.append(QJsonObject{{u"name"_s, QString(parameter.name)}, {u"in"_s, u"query"_s},
            {u"required"_s, parameter.isRequired}, {u"description"_s, QString(parameter.meaning)},
            {u"schema"_s, typeOf(parameter)}});
    }
    return parameters;
}

QJsonObject schemaOf(const AdminShape &shape)
{
    QJsonObject properties;
    QJsonArray required;
    for (const AdminField &field : shape.fields) {
        const bool mayBeNull = field.type.endsWith(u'?');
        const QString type = mayBeNull ? QString(field.type.chopped(1)) : QString(field.type);
        QJsonObject schema{{u"type"_s, type}, {u"description"_s, QString(field.meaning)}};
        if (mayBeNull)
            schema.insert(u"nullable"_s, true);
        if (type == "array"_L1)
            schema.insert(u"items"_s, QJsonObject());
        properties.insert(field.name, schema);
        required.append(QString(field.name));
    }
    return {{u"type"_s, u"object"_s}, {u"properties"_s, properties}, {u"required"_s, required}};
}

QJsonObject responsesOf(const AdminOperation &operation)
{
    QJsonObject schema{{u"type"_s, u"object"_s}};
    if (operation.answer != nullptr) {
        schema = {{u"$ref"_s, QString(u"#/components/schemas/"_s + operation.answer->name)}};
        if (operation.isList)
            schema = {{u"type"_s, u"array"_s}, {u"items"_s, schema}};
    }
    const QJsonObject content{{u"application/json"_s, QJsonObject{{u"schema"_s, schema}}}};
    const QJsonObject error{{u"$ref"_s, u"#/components/responses/Error"_s}};
    return {{u"200"_s, QJsonObject{{u"description"_s, u"done"_s}, {u"content"_s, content}}},
        {u"default"_s, error}};
}

QJsonObject components()
{
    QJsonObject schemas;
    for (const AdminOperation &operation : adminOperations()) {
        if (operation.answer != nullptr)
            schemas.insert(operation.answer->name, schemaOf(*operation.answer));
    }
    const QJsonObject text{{u"type"_s, u"string"_s}};
    const QJsonObject error{{u"type"_s, u"object"_s},
        {u"properties"_s,
            QJsonObject{{u"error"_s,
                QJsonObject{{u"type"_s, u"object"_s},
                    {u"properties"_s,
                        QJsonObject{
                            {u"message"_s, text}, {u"type"_s, text}, {u"code"_s, text}}}}}}}};
    schemas.insert(u"Error"_s, error);
    const QJsonObject content{{u"application/json"_s,
        QJsonObject{{u"schema"_s, QJsonObject{{u"$ref"_s, u"#/components/schemas/Error"_s}}}}}};
    return {{u"schemas"_s, schemas},
        {u"responses"_s,
            QJsonObject{{u"Error"_s,
                QJsonObject{
                    {u"description"_s,
                        u"one sentence says why; 401 without the token, 403 for web pages"_s},
                    {u"content"_s, content}}}}},
        {u"securitySchemes"_s,
            QJsonObject{{u"adminToken"_s,
                QJsonObject{{u"type"_s, u"http"_s}, {u"scheme"_s, u"bearer"_s}}}}}};
}

} // namespace

QJsonObject adminOpenApi()
{
    QJsonObject paths;
    for (const AdminOperation &operation : adminOperations()) {
        QJsonObject described{
            {u"summary"_s, QString(operation.summary)}, {u"responses"_s, responsesOf(operation)}};
        if (const QJsonArray parameters = parametersOf(operation); !parameters.isEmpty())
            described.insert(u"parameters"_s, parameters);
        if (operation.method == "POST")
            described.insert(u"requestBody"_s, bodyOf(operation));
        const QString path = u'/' + QString(operation.path);
        QJsonObject methods = paths.value(path).toObject();
        methods.insert(QString::fromLatin1(operation.method).toLower(), described);
        paths.insert(path, methods);
    }
    return {{u"openapi"_s, u"3.0.3"_s},
        {u"info"_s,
            QJsonObject{{u"title"_s, u"Sluice admin API"_s},
                {u"version"_s, QStringLiteral(SLUICE_VERSION)}}},
        {u"servers"_s, QJsonArray{QJsonObject{{u"url"_s, u"/-/api/v1"_s}}}},
        {u"security"_s, QJsonArray{QJsonObject{{u"adminToken"_s, QJsonArray()}}}},
        {u"paths"_s, paths}, {u"components"_s, components()}};
}

} // namespace sluice::gateway
