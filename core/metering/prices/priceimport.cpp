// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/prices/priceimport.h"

#include "core/metering/prices/priceimportforms.h"
#include "core/metering/prices/pricejson.h"

#include <algorithm>

namespace sluice::metering {

using namespace Qt::StringLiterals;
using simdjson::ondemand::json_type;
using Value = simdjson::ondemand::value;

namespace {

/// The three forms differ in their first bytes: a list of providers, or an object of objects that
/// have models or prices.
enum class Form : quint8 { Unknown, GenaiPrices, ModelsDev, LiteLlm };

Form formOf(Value root)
{
    if (isOfType(root, json_type::array))
        return Form::GenaiPrices;
    Form form = Form::Unknown;
    forEachMember(root, [&form](std::string_view, Value entry) {
        if (!isOfType(entry, json_type::object))
            return false;
        forEachMember(entry, [&form](std::string_view name, Value value) {
            if (name == "litellm_provider")
                form = Form::LiteLlm;
            else if (name == "models" && isOfType(value, json_type::object))
                form = Form::ModelsDev;
            return form == Form::Unknown;
        });
        return form == Form::Unknown;
    });
    return form;
}

/// A new look at the text: what was looked at once cannot be looked at again.
template <typename Read>
auto readText(simdjson::ondemand::parser &parser, const simdjson::padded_string &text, Read read)
    -> std::optional<decltype(read(Value()))>
{
    simdjson::ondemand::document document;
    Value root;
    if (parser.iterate(text).get(document) != simdjson::SUCCESS
        || document.get_value().get(root) != simdjson::SUCCESS)
        return std::nullopt;
    return read(root);
}

bool readForm(Form form, Value root, ImportSink &sink)
{
    switch (form) {
    case Form::GenaiPrices:
        return readGenaiPrices(root, sink);
    case Form::ModelsDev:
        return readModelsDev(root, sink);
    case Form::LiteLlm:
        return readLiteLlm(root, sink);
    case Form::Unknown:
        return false;
    }
    Q_UNREACHABLE();
}

QString nameOf(Form form)
{
    if (form == Form::GenaiPrices)
        return u"genai-prices"_s;
    return form == Form::ModelsDev ? u"models.dev"_s : u"LiteLLM"_s;
}

} // namespace

Result<ImportedPrices> importPrices(
    const QByteArray &json, const QList<QByteArray> &providers, QDate today)
{
    simdjson::ondemand::parser parser;
    const simdjson::padded_string text(json.constData(), static_cast<size_t>(json.size()));
    // What is read below looks at nothing that it does not need; a list that is cut off is refused.
    if (simdjson::dom::parser validator; validator.parse(text).error() != simdjson::SUCCESS)
        return Error{ErrorCode::Invalid, u"this is no price list: it is not JSON"_s, {}};
    const Form form = readText(parser, text, formOf).value_or(Form::Unknown);
    if (form == Form::Unknown)
        return Error{ErrorCode::Invalid,
            u"this is no price list of LiteLLM, genai-prices or models.dev"_s, {}};
    ImportSink sink(providers, today);
    const auto isWhole =
        readText(parser, text, [&](Value root) { return readForm(form, root, sink); });
    if (!isWhole.value_or(false))
        return Error{ErrorCode::Invalid,
            u"the price list is broken%1"_s.arg(sink.at().isEmpty()
                    ? QString()
                    : u" at or after %1"_s.arg(QString::fromUtf8(sink.at().left(80)))),
            {}};
    ImportedPrices result = sink.takeResult();
    result.format = nameOf(form);
    return result;
}

} // namespace sluice::metering
