// SPDX-License-Identifier: GPL-3.0-or-later
// Drives a fuzz target where libFuzzer is not there: runs every input it is given (files, or the
// files of folders), then a number of mutations of them that follow from a seed alone. The input
// that breaks a promise, crashes or hangs is kept in a file. Its options are libFuzzer's:
//   fuzz_NAME [-runs=MUTATIONS] [-seed=NUMBER] [-dict=FILE] PATH...
#include "tests/fuzz/fuzzinput.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QList>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <random>

// Of the sanitizers, where the program is built with one: they end it without a signal.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

constexpr qsizetype MaxInput = 8192;
constexpr unsigned HangSeconds = 60;
constexpr quint64 DefaultSeed = 20'240'601;

struct Options
{
    quint64 runs = 0;
    quint64 seed = DefaultSeed;
    QList<QByteArray> words; ///< of the dictionary
    QList<QByteArray> inputs;
};

// What the handlers need to know when it is too late to ask.
const uint8_t *s_data = nullptr;
size_t s_size = 0;
std::array<char, 512> s_findingPath{};

void say(const char *text)
{
    [[maybe_unused]] const auto written = write(STDERR_FILENO, text, std::strlen(text));
}

/// Signal-safe: nothing but system calls.
void keepInput()
{
    const int file = open(s_findingPath.data(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    const bool isKept = file >= 0 && write(file, s_data, s_size) == static_cast<ssize_t>(s_size);
    say(isKept ? "FINDING: the input is kept in " : "FINDING: the input could not be kept in ");
    say(s_findingPath.data());
    say("\n");
}

void onSignal(int number)
{
    if (number == SIGALRM)
        say("BROKEN PROMISE: an input takes a minute\n");
    keepInput();
    signal(number, SIG_DFL);
    raise(number);
}

void watch(const char *program)
{
    const QByteArray name = QFileInfo(QFile::decodeName(program)).fileName().toUtf8();
    const QByteArray path = QFile::encodeName(QDir::currentPath()) + "/" + name + ".finding";
    qstrncpy(s_findingPath.data(), path.constData(), s_findingPath.size());
    for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM})
        signal(number, onSignal);
    if (__sanitizer_set_death_callback != nullptr)
        __sanitizer_set_death_callback(keepInput);
}

void run(const QByteArray &input)
{
    s_data = reinterpret_cast<const uint8_t *>(input.constData());
    s_size = static_cast<size_t>(input.size());
    alarm(HangSeconds);
    LLVMFuzzerTestOneInput(s_data, s_size);
    alarm(0);
}

/// The words of a dictionary as libFuzzer reads it: name="text" with \\, \" and \xNN.
QList<QByteArray> wordsOf(const QByteArray &dictionary)
{
    QList<QByteArray> words;
    for (const QByteArray &line : dictionary.split('\n')) {
        const qsizetype open = line.indexOf('"');
        const qsizetype close = line.lastIndexOf('"');
        if (line.startsWith('#') || open < 0 || close <= open)
            continue;
        QByteArray word;
        for (qsizetype at = open + 1; at < close; ++at) {
            if (line.at(at) != '\\') {
                word.append(line.at(at));
            } else if (line.at(++at) == 'x') {
                word.append(static_cast<char>(line.mid(at + 1, 2).toUInt(nullptr, 16)));
                at += 2;
            } else {
                word.append(line.at(at));
            }
        }
        words.append(word);
    }
    return words;
}

bool readFile(const QString &path, QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        std::fprintf(stderr, "%s cannot be read\n", qPrintable(path));
        return false;
    }
    bytes = file.readAll();
    return true;
}

bool readInputs(const QString &path, QList<QByteArray> &inputs)
{
    QStringList files{path};
    if (QFileInfo(path).isDir()) {
        files.clear();
        const QDir folder(path);
        for (const QString &name : folder.entryList(QDir::Files, QDir::Name))
            files.append(folder.filePath(name));
    }
    return std::ranges::all_of(
        files, [&inputs](const QString &file) { return readFile(file, inputs.emplaceBack()); });
}

bool readOptions(int argc, char **argv, Options &options)
{
    for (int i = 1; i < argc; ++i) {
        const QByteArray argument = argv[i];
        bool isGood = true;
        if (argument.startsWith("-runs=")) {
            options.runs = argument.sliced(6).toULongLong(&isGood);
        } else if (argument.startsWith("-seed=")) {
            options.seed = argument.sliced(6).toULongLong(&isGood);
        } else if (argument.startsWith("-dict=")) {
            QByteArray dictionary;
            isGood = readFile(QFile::decodeName(argument.sliced(6)), dictionary);
            options.words = wordsOf(dictionary);
        } else {
            isGood = !argument.startsWith('-')
                && readInputs(QFile::decodeName(argument), options.inputs);
        }
        if (!isGood)
            return false;
    }
    return !options.inputs.isEmpty();
}

/// Makes new inputs out of those that there are.
class Mutator
{
public:
    explicit Mutator(const Options &options) : m_options(options), m_random(options.seed) { }

    QByteArray next()
    {
        QByteArray input = m_options.inputs.at(below(m_options.inputs.size()));
        for (qsizetype changes = 1 + below(5); changes > 0; --changes)
            change(input);
        input.truncate(MaxInput);
        return input;
    }

private:
    // The distributions of the standard library differ between its versions, the generator does
    // not.
    qsizetype below(qsizetype bound)
    {
        return static_cast<qsizetype>(m_random() % static_cast<quint64>(bound));
    }

    QByteArray piece(const QByteArray &from)
    {
        const qsizetype at = below(from.size() + 1);
        return from.mid(at, 1 + below(40));
    }

    void change(QByteArray &input)
    {
        const qsizetype at = below(input.size() + 1);
        switch (below(8)) {
        case 0:
            input.remove(at, 1 + below(30));
            break;
        case 1:
            input.insert(at, piece(input));
            break;
        case 2:
            input.insert(at, piece(m_options.inputs.at(below(m_options.inputs.size()))));
            break;
        case 3:
            input.insert(at, static_cast<char>(below(256)));
            break;
        case 4:
            if (at < input.size())
                input[at] = static_cast<char>(input.at(at) ^ (1 << below(8)));
            break;
        case 5:
            if (below(4) == 0)
                input.truncate(at);
            break;
        default:
            if (!m_options.words.isEmpty())
                input.insert(at, m_options.words.at(below(m_options.words.size())));
        }
    }

    const Options &m_options;
    std::mt19937_64 m_random;
};

} // namespace

int main(int argc, char **argv)
{
    Options options;
    if (!readOptions(argc, argv, options)) {
        std::fprintf(
            stderr, "Usage: %s [-runs=MUTATIONS] [-seed=NUMBER] [-dict=FILE] PATH...\n", argv[0]);
        return 2;
    }
    watch(argv[0]);
    std::printf("%lld inputs, %llu mutations, seed %llu\n",
        static_cast<long long>(options.inputs.size()),
        static_cast<unsigned long long>(options.runs),
        static_cast<unsigned long long>(options.seed));
    std::fflush(stdout);
    for (const QByteArray &input : std::as_const(options.inputs))
        run(input);
    Mutator mutator(options);
    for (quint64 i = 0; i < options.runs; ++i)
        run(mutator.next());
    return 0;
}
