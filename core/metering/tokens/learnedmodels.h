// SPDX-License-Identifier: GPL-3.0-or-later
// What providers' reports have taught about each model: by how much estimates miss, and how long
// answers get. Any thread, behind one short lock; integers only; no files.
#pragma once

#include "core/base/bytehash.h"
#include "core/base/result.h"

#include <QByteArray>

#include <array>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

class QJsonObject;
class QJsonValue;

namespace sluice::metering {

class LearnedModels final
{
public:
    /// One answered request, in tokens. Pairs with an absent, zero or absurd side are ignored.
    struct Sample
    {
        std::optional<qint64> estimatedInput; ///< by estimateInput(), not corrected
        std::optional<qint64> reportedInput;
        std::optional<qint64> countedOutput; ///< of the delivered text, not corrected
        /// Without the reasoning tokens if their text was not delivered: compared with the count.
        std::optional<qint64> visibleOutput;
        std::optional<qint64> reportedOutput; ///< all of it, for outputPercentile95()
    };

    static constexpr size_t MaxModels = 1'000; ///< then the one that learned longest ago goes
    static constexpr qsizetype MaxNameBytes = 256; ///< longer names are not learned
    static constexpr int SamplesToCorrect = 10;
    static constexpr int SamplesToPredict = 20;

    LearnedModels() = default;
    Q_DISABLE_COPY_MOVE(LearnedModels)

    /// model: "provider/model". About the last hundred requests count.
    void learn(const QByteArray &model, const Sample &sample);

    /// An estimate of input tokens as the provider would have counted, by a factor of 1/4 to 4; as
    /// it is until SamplesToCorrect requests have taught better.
    [[nodiscard]] qint64 correctedInput(const QByteArray &model, qint64 estimate) const;

    /// The same for tokens counted in delivered text.
    [[nodiscard]] qint64 correctedOutput(const QByteArray &model, qint64 counted) const;

    /// What 95 of 100 answers do not exceed, in tokens, up to an eighth too high; absent before
    /// SamplesToPredict answers.
    [[nodiscard]] std::optional<qint64> outputPercentile95(const QByteArray &model) const;

    [[nodiscard]] size_t size() const; ///< models

    /// Everything, as JSON.
    [[nodiscard]] QByteArray save() const;

    /// Replaces everything by what save() gave. If it is anything else, nothing changes.
    Result<void> load(const QByteArray &json);

private:
    /// Decayed sums; their quotient is the factor.
    struct Ratio
    {
        qint64 expected = 0;
        qint64 actual = 0;
        qint64 samples = 0;

        void learn(const std::optional<qint64> &estimate, const std::optional<qint64> &report);
        [[nodiscard]] qint64 correct(qint64 tokens) const;
    };

    /// Decayed counts of answers by length: eight steps for each doubling.
    struct Lengths
    {
        static constexpr size_t Steps = 152;
        std::array<quint32, Steps> counts{};
        qint64 samples = 0;

        void learn(qint64 tokens);
        [[nodiscard]] std::optional<qint64> percentile95() const;
    };

    struct Model
    {
        QByteArray name;
        Ratio input;
        Ratio output;
        Lengths lengths;
    };

    using Models = std::list<Model>;
    using Index = std::unordered_map<QByteArray, Models::iterator, ByteHash>;

    static std::optional<Model> parseModel(const QJsonObject &json);
    static std::optional<Ratio> parseRatio(const QJsonValue &json);
    static std::optional<Lengths> parseLengths(const QJsonValue &json);
    Model &touch(const QByteArray &name);
    [[nodiscard]] const Model *find(const QByteArray &name) const;

    mutable std::mutex m_mutex; ///< guards both
    Models m_models; ///< the one that learned last at the end
    Index m_index;
};

} // namespace sluice::metering
