// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metering/tokens/learnedmodels.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <bit>

namespace sluice::metering {

using namespace Qt::StringLiterals;

namespace {

constexpr int Version = 1;
constexpr qint64 Memory = 100; ///< requests that count
constexpr qint64 MostTokens = 1'000'000'000; ///< a report of more is absurd
constexpr qint64 MostSamples = 1'000'000; ///< remembered as "at least so many"

// A ratio: its sums are in 1/256 tokens, so that decay keeps its precision. A request weighs by its
// size, because small ones are mostly overhead, but no single one outweighs the rest.
constexpr qint64 Fraction = 256;
constexpr qint64 MostWeight = 1'024;
constexpr qint64 MostFactor = 4;
constexpr qint64 MostExpected = (MostWeight * Fraction + 1) * (Memory + 1);

constexpr quint32 OneAnswer = 1U << 16U; ///< in a histogram
constexpr quint32 MostAnswers = OneAnswer * (Memory + 1);

qint64 decayed(qint64 sum)
{
    return sum - (sum + Memory - 1) / Memory;
}

/// 0 to 7 exactly, then eight steps for each doubling up to 2^21; what is longer is in the last
/// one.
size_t stepOf(qint64 tokens)
{
    const auto value = static_cast<quint64>(tokens);
    if (value < 8)
        return static_cast<size_t>(value);
    const auto shift = static_cast<size_t>(std::bit_width(value)) - 4;
    return shift * 8 + static_cast<size_t>(value >> shift);
}

/// The largest length of a step.
qint64 endOfStep(size_t step)
{
    if (step < 8)
        return static_cast<qint64>(step);
    const size_t shift = step / 8 - 1;
    return static_cast<qint64>(((step % 8 + 9) << shift) - 1);
}

std::optional<qint64> readNumber(const QJsonValue &json, qint64 most)
{
    const qint64 number = json.toInteger(-1);
    return number >= 0 && number <= most ? std::optional(number) : std::nullopt;
}

Error broken(const QString &why)
{
    return {ErrorCode::Invalid, u"The learned figures cannot be read: "_s + why, {}};
}

} // namespace

void LearnedModels::Ratio::learn(
    const std::optional<qint64> &estimate, const std::optional<qint64> &report)
{
    if (estimate.value_or(0) <= 0 || report.value_or(0) <= 0 || *estimate > MostTokens
        || *report > MostTokens)
        return;
    const qint64 weight = std::min(*estimate, MostWeight) * Fraction;
    const qint64 seen = *report * weight / *estimate; // at most 10^9 * 2^18
    expected = decayed(expected) + weight;
    actual = decayed(actual) + std::clamp(seen, weight / MostFactor, weight * MostFactor);
    samples = std::min(samples + 1, MostSamples);
}

qint64 LearnedModels::Ratio::correct(qint64 tokens) const
{
    if (samples < SamplesToCorrect || expected <= 0 || tokens <= 0 || tokens > MostTokens)
        return tokens;
    const qint64 result = (tokens * actual + expected / 2) / expected; // at most 10^9 * 2^27
    return std::clamp(result, std::max<qint64>(tokens / MostFactor, 1), tokens * MostFactor);
}

void LearnedModels::Lengths::learn(qint64 tokens)
{
    for (quint32 &count : counts)
        count = static_cast<quint32>(decayed(count));
    counts[std::min(stepOf(tokens), Steps - 1)] += OneAnswer;
    samples = std::min(samples + 1, MostSamples);
}

std::optional<qint64> LearnedModels::Lengths::percentile95() const
{
    if (samples < SamplesToPredict)
        return std::nullopt;
    quint64 total = 0;
    for (const quint32 count : counts)
        total += count;
    quint64 longer = 0;
    for (size_t step = Steps - 1; step > 0; --step) {
        longer += counts[step];
        if (longer * 20 > total)
            return endOfStep(step);
    }
    return std::nullopt;
}

void LearnedModels::learn(const QByteArray &model, const Sample &sample)
{
    if (model.isEmpty() || model.size() > MaxNameBytes)
        return;
    const std::lock_guard lock(m_mutex);
    Model &known = touch(model);
    known.input.learn(sample.estimatedInput, sample.reportedInput);
    known.output.learn(sample.countedOutput, sample.visibleOutput);
    const qint64 length = sample.reportedOutput.value_or(0);
    if (length > 0 && length <= MostTokens)
        known.lengths.learn(length);
}

/// The model, now the last one of the list; a new one may push the first one out.
LearnedModels::Model &LearnedModels::touch(const QByteArray &name)
{
    const auto found = m_index.find(name);
    if (found != m_index.end()) {
        m_models.splice(m_models.end(), m_models, found->second);
        return m_models.back();
    }
    if (m_models.size() >= MaxModels) {
        m_index.erase(m_models.front().name);
        m_models.pop_front();
    }
    m_models.push_back({name, {}, {}, {}});
    m_index.emplace(name, std::prev(m_models.end()));
    return m_models.back();
}

const LearnedModels::Model *LearnedModels::find(const QByteArray &name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &*found->second;
}

qint64 LearnedModels::correctedInput(const QByteArray &model, qint64 estimate) const
{
    const std::lock_guard lock(m_mutex);
    const Model *known = find(model);
    return known == nullptr ? estimate : known->input.correct(estimate);
}

qint64 LearnedModels::correctedOutput(const QByteArray &model, qint64 counted) const
{
    const std::lock_guard lock(m_mutex);
    const Model *known = find(model);
    return known == nullptr ? counted : known->output.correct(counted);
}

std::optional<qint64> LearnedModels::outputPercentile95(const QByteArray &model) const
{
    const std::lock_guard lock(m_mutex);
    const Model *known = find(model);
    return known == nullptr ? std::nullopt : known->lengths.percentile95();
}

size_t LearnedModels::size() const
{
    const std::lock_guard lock(m_mutex);
    return m_models.size();
}

// ---- the file's content

QByteArray LearnedModels::save() const
{
    Models models;
    {
        // Writing JSON takes longer than a request should wait.
        const std::lock_guard lock(m_mutex);
        models = m_models;
    }
    const auto ratio = [](const Ratio &from) {
        return QJsonArray{from.expected, from.actual, from.samples};
    };
    QJsonArray list;
    for (const Model &model : models) {
        QJsonArray counts;
        for (size_t step = 0; step < Lengths::Steps; ++step)
            if (model.lengths.counts[step] > 0)
                counts.append(QJsonArray{qint64(step), qint64(model.lengths.counts[step])});
        list.append(QJsonObject{{u"model"_s, QString::fromUtf8(model.name)},
            {u"input"_s, ratio(model.input)}, {u"output"_s, ratio(model.output)},
            {u"answers"_s, model.lengths.samples}, {u"lengths"_s, counts}});
    }
    return QJsonDocument({{u"version"_s, Version}, {u"models"_s, list}})
        .toJson(QJsonDocument::Compact);
}

std::optional<LearnedModels::Ratio> LearnedModels::parseRatio(const QJsonValue &json)
{
    const QJsonArray numbers = json.toArray();
    const auto expected = readNumber(numbers.at(0), MostExpected);
    const auto actual = readNumber(numbers.at(1), MostExpected * MostFactor);
    const auto samples = readNumber(numbers.at(2), MostSamples);
    if (numbers.size() != 3 || !expected || !actual || !samples)
        return std::nullopt;
    return Ratio{*expected, *actual, *samples};
}

std::optional<LearnedModels::Lengths> LearnedModels::parseLengths(const QJsonValue &json)
{
    Lengths lengths;
    if (!json.isArray())
        return std::nullopt;
    const QJsonArray counts = json.toArray();
    for (const auto &entry : counts) {
        const QJsonArray pair = entry.toArray();
        const auto step = readNumber(pair.at(0), Lengths::Steps - 1);
        const auto count = readNumber(pair.at(1), MostAnswers);
        if (pair.size() != 2 || !step || !count)
            return std::nullopt;
        lengths.counts[static_cast<size_t>(*step)] = static_cast<quint32>(*count);
    }
    return lengths;
}

std::optional<LearnedModels::Model> LearnedModels::parseModel(const QJsonObject &json)
{
    const QByteArray name = json["model"_L1].toString().toUtf8();
    const auto input = parseRatio(json["input"_L1]);
    const auto output = parseRatio(json["output"_L1]);
    const auto answers = readNumber(json["answers"_L1], MostSamples);
    auto lengths = parseLengths(json["lengths"_L1]);
    if (name.isEmpty() || name.size() > MaxNameBytes || !input || !output || !answers || !lengths)
        return std::nullopt;
    lengths->samples = *answers;
    return Model{name, *input, *output, *lengths};
}

Result<void> LearnedModels::load(const QByteArray &json)
{
    QJsonParseError error;
    const QJsonObject root = QJsonDocument::fromJson(json, &error).object();
    if (error.error != QJsonParseError::NoError)
        return broken(error.errorString());
    if (root["version"_L1].toInt() != Version)
        return broken(u"it has another version than %1"_s.arg(Version));
    const QJsonArray list = root["models"_L1].toArray();
    if (!root["models"_L1].isArray() || list.size() > qsizetype(MaxModels))
        return broken(u"\"models\" is no list of at most %1"_s.arg(MaxModels));
    Models models;
    Index index;
    for (const auto &entry : list) {
        auto model = parseModel(entry.toObject());
        if (!model)
            return broken(u"model number %1 has figures out of range"_s.arg(models.size() + 1));
        models.push_back(std::move(*model));
        if (!index.emplace(models.back().name, std::prev(models.end())).second)
            return broken(u"model number %1 is there twice"_s.arg(models.size()));
    }
    const std::lock_guard lock(m_mutex);
    m_models.swap(models);
    m_index.swap(index); // iterators of a swapped list stay valid
    return {};
}

} // namespace sluice::metering
