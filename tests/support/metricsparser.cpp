// SPDX-License-Identifier: GPL-3.0-or-later
#include "metricsparser.h"

#include <QRegularExpression>
#include <QSet>

#include <cmath>

namespace sluice::test {

using namespace Qt::StringLiterals;

namespace {

class Parser
{
public:
    Result<Metrics> parse(const QByteArray &text)
    {
        if (!text.endsWith('\n'))
            return wrong(u"the text does not end with a line feed"_s);
        const QList<QByteArray> lines = text.chopped(1).split('\n');
        for (const QByteArray &line : lines) {
            ++m_line;
            const QString problem = read(QString::fromUtf8(line));
            if (!problem.isEmpty())
                return wrong(problem + u": "_s + QString::fromUtf8(line));
        }
        if (const QString problem = endMetric(); !problem.isEmpty())
            return wrong(problem);
        return m_metrics;
    }

private:
    [[nodiscard]] Error wrong(const QString &problem) const
    {
        return {ErrorCode::Invalid, u"line %1: %2"_s.arg(m_line).arg(problem), {}};
    }

    QString read(const QString &line)
    {
        if (line.startsWith(u"# HELP "_s))
            return readHelp(line);
        if (line.startsWith(u"# TYPE "_s))
            return readType(line);
        if (line.startsWith(u'#') || line.isEmpty())
            return u"a comment or an empty line"_s;
        return readSample(line);
    }

    QString readHelp(const QString &line)
    {
        static const QRegularExpression form(
            QStringLiteral(R"(^# HELP ([a-z][a-z0-9_]*) (\S.*)$)"));
        const auto match = form.match(line);
        if (!match.hasMatch()
            || match.captured(2).contains(QRegularExpression(QStringLiteral(R"(\\(?![\\n]))"))))
            return u"no help"_s;
        if (QString problem = endMetric(); !problem.isEmpty())
            return problem;
        m_name = match.captured(1);
        m_type.clear();
        if (m_seen.contains(m_name))
            return u"the metric has been there before"_s;
        m_seen.insert(m_name);
        return {};
    }

    QString readType(const QString &line)
    {
        static const QRegularExpression form(
            u"^# TYPE ([a-z][a-z0-9_]*) (counter|gauge|histogram)$"_s);
        const auto match = form.match(line);
        if (!match.hasMatch() || match.captured(1) != m_name || !m_type.isEmpty())
            return u"no type of the metric whose help came before"_s;
        m_type = match.captured(2);
        if ((m_type == "counter"_L1) != m_name.endsWith("_total"_L1))
            return u"counters end in _total, and nothing else does"_s;
        static const QRegularExpression otherUnit(
            u"_(ms|us|milliseconds|microseconds|minutes|kilobytes|percent)(_|$)"_s);
        return otherUnit.match(m_name).hasMatch() ? u"not a base unit"_s : QString();
    }

    QString readSample(const QString &line)
    {
        static const QRegularExpression form(QStringLiteral(
            R"(^([a-z][a-z0-9_]*)(\{(?:[a-z_][a-z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)+\})? (\S+)$)"));
        const auto match = form.match(line);
        if (!match.hasMatch() || match.captured(2).endsWith(u",}"_s))
            return u"no sample"_s;
        const QString name = match.captured(1);
        bool isNumber = false;
        const double value = match.captured(3).toDouble(&isNumber);
        if (!isNumber || !std::isfinite(value) || value < 0)
            return u"no number"_s;
        const QByteArray key = (name + match.captured(2)).toUtf8();
        if (!m_metrics.emplace(key, value).second)
            return u"the sample has been there before"_s;
        m_samples.push_back({name, match.captured(2), value});
        return m_type == "histogram"_L1 ? checkPart(name)
            : name == m_name            ? QString()
                                        : u"a sample of another metric"_s;
    }

    QString checkPart(const QString &name) const
    {
        const bool isPart = name == m_name + "_bucket"_L1 || name == m_name + "_sum"_L1
            || name == m_name + "_count"_L1;
        return isPart ? QString() : u"no part of the histogram"_s;
    }

    /// A metric whose type was told, with nothing that is missing.
    QString endMetric()
    {
        if (m_name.isEmpty())
            return {};
        if (m_type.isEmpty())
            return u"no type was told"_s;
        QString problem = m_type == "histogram"_L1 ? checkHistogram() : QString();
        m_samples.clear();
        return problem;
    }

    [[nodiscard]] QString checkHistogram() const
    {
        double bound = -1;
        double count = 0;
        for (const Sample &sample : m_samples) {
            if (sample.name != m_name + "_bucket"_L1)
                continue;
            const double next = boundOf(sample.labels);
            if (!(next > bound) || sample.value < count)
                return u"buckets that do not ascend"_s;
            bound = next;
            count = sample.value;
        }
        if (std::isfinite(bound))
            return u"no last bucket"_s;
        return find("_count"_L1) == count && find("_sum"_L1) >= 0
            ? QString()
            : u"sum or count are missing or wrong"_s;
    }

    /// Of {le="..."}; not a number for anything else.
    static double boundOf(const QString &labels)
    {
        if (!labels.startsWith(u"{le=\""_s) || labels.size() < 8)
            return std::nan("");
        const QString text = labels.sliced(5).chopped(2);
        return text == "+Inf"_L1 ? HUGE_VAL : text.toDouble();
    }

    /// The sample of the metric with that suffix and no labels, or -1.
    [[nodiscard]] double find(QLatin1StringView suffix) const
    {
        for (const Sample &sample : m_samples)
            if (sample.name == m_name + suffix && sample.labels.isEmpty())
                return sample.value;
        return -1;
    }

    struct Sample

    {
        QString name;
        QString labels;
        double value = 0;
    };

    int m_line = 0;
    QString m_name; ///< of the metric whose help was read
    QString m_type;
    QSet<QString> m_seen;
    std::vector<Sample> m_samples; ///< of the metric
    Metrics m_metrics;
};

} // namespace

Result<Metrics> parseMetrics(const QByteArray &text)
{
    return Parser().parse(text);
}

} // namespace sluice::test
