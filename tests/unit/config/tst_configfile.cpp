// SPDX-License-Identifier: GPL-3.0-or-later
// Saving a configuration replaces the whole file or leaves it alone, and never somebody else's
// edit.
#include "core/config/configfile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace sluice;
using namespace sluice::config;

namespace {

void write(const QString &path, const QByteArray &text)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(text), text.size());
}

QByteArray read(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(unreadable)");
}

mode_t modeOf(const QString &path)
{
    struct stat info
    {
    };

    return ::stat(QFile::encodeName(path).constData(), &info) == 0 ? info.st_mode & 07777U : 0;
}

/// Root may write everywhere; while this lives, root is nobody.
class OrdinaryUser
{
public:
    OrdinaryUser()
    {
        if (m_isRoot && ::seteuid(65534) != 0)
            qFatal("cannot become an ordinary user");
    }

    ~OrdinaryUser()
    {
        if (m_isRoot && ::seteuid(0) != 0)
            qFatal("cannot become root again");
    }

    Q_DISABLE_COPY_MOVE(OrdinaryUser)

private:
    bool m_isRoot = ::geteuid() == 0;
};

} // namespace

class TestConfigFile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void readsWithHash();
    void savesAndCanSaveAgain();
    void keepsMode();
    void keepsOwner();
    void refusesWhatChangedMeanwhile();
    void refusesWhatWasDeletedMeanwhile();
    void keepsASymbolicLink();
    void refusesARetargetedLink();
    void leavesNoTemporaryFile();
    void explainsAReadOnlyFolder();
    void refusesToTakeAFileFromItsOwner();
    void explainsWhatCannotBeRead_data();
    void explainsWhatCannotBeRead();
    void createsWithFolders();
    void neverCreatesOverAFile();

private:
    QString at(const QString &name) const { return m_dir->filePath(name); }

    std::unique_ptr<QTemporaryDir> m_dir;
};

void TestConfigFile::init()
{
    QTest::failOnWarning(QRegularExpression(u".*"_s));
    m_dir = std::make_unique<QTemporaryDir>();
    QVERIFY(m_dir->isValid());
    QCOMPARE(::chmod(QFile::encodeName(m_dir->path()).constData(), 0755), 0);
}

void TestConfigFile::readsWithHash()
{
    write(at(u"c.yaml"_s), "abc");
    const Result<ConfigFile> file = ConfigFile::read(at(u"c.yaml"_s));
    QVERIFY(file);
    QCOMPARE(file->text(), "abc");
    QCOMPARE(file->hash(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    QCOMPARE(file->canonicalPath(), QFileInfo(at(u"c.yaml"_s)).canonicalFilePath());
}

void TestConfigFile::savesAndCanSaveAgain()
{
    write(at(u"c.yaml"_s), "a: 1\n");
    Result<ConfigFile> file = ConfigFile::read(at(u"c.yaml"_s));
    QVERIFY(file);
    QVERIFY(file->save("a: 2\n"));
    QCOMPARE(read(at(u"c.yaml"_s)), "a: 2\n");
    QCOMPARE(file->text(), "a: 2\n");
    QVERIFY(file->save("a: 3\n"));
    QCOMPARE(read(at(u"c.yaml"_s)), "a: 3\n");
}

void TestConfigFile::keepsMode()
{
    write(at(u"c.yaml"_s), "a: 1\n");
    for (const mode_t mode : {0640U, 0600U, 0664U}) {
        QCOMPARE(::chmod(QFile::encodeName(at(u"c.yaml"_s)).constData(), mode), 0);
        Result<ConfigFile> file = ConfigFile::read(at(u"c.yaml"_s));
        QVERIFY(file->save("mode: " + QByteArray::number(mode)));
        QCOMPARE(modeOf(at(u"c.yaml"_s)), mode);
    }
}

void TestConfigFile::keepsOwner()
{
    if (::geteuid() != 0)
        QSKIP("only root can give files away");
    write(at(u"c.yaml"_s), "a: 1\n");
    QCOMPARE(::chown(QFile::encodeName(at(u"c.yaml"_s)).constData(), 1234, 4321), 0);
    Result<ConfigFile> file = ConfigFile::read(at(u"c.yaml"_s));
    QVERIFY(file->save("a: 2\n"));
    const QFileInfo info(at(u"c.yaml"_s));
    QCOMPARE(info.ownerId(), 1234U);
    QCOMPARE(info.groupId(), 4321U);
}

void TestConfigFile::refusesWhatChangedMeanwhile()
{
    write(at(u"c.yaml"_s), "a: 1\n");
    Result<ConfigFile> file = ConfigFile::read(at(u"c.yaml"_s));
    write(at(u"c.yaml"_s), "a: 9\n"); // the same length, within the same second
    const Result<void> saved = file->save("a: 2\n");
    QVERIFY(!saved);
    QCOMPARE(saved.error().code, ErrorCode::Conflict);
    QVERIFY(saved.error().message.contains(u"c.yaml was changed by somebody else"));
    QCOMPARE(read(at(u"c.yaml"_s)), "a: 9\n");
    write(at(u"c.yaml"_s), "a: 1\n"); // touched, but the same again
    QVERIFY(file->save("a: 2\n"));
}

void TestConfigFile::refusesWhatWasDeletedMeanwhile()
{
    write(at(u"c.yaml"_s), "a: 1\n");
    Result<ConfigFile> file = ConfigFile::read(at(u"c.yaml"_s));
    QVERIFY(QFile::remove(at(u"c.yaml"_s)));
    const Result<void> saved = file->save("a: 2\n");
    QVERIFY(!saved);
    QCOMPARE(saved.error().code, ErrorCode::Conflict);
    QVERIFY(!QFile::exists(at(u"c.yaml"_s)));
}

void TestConfigFile::keepsASymbolicLink()
{
    QVERIFY(QDir(m_dir->path()).mkdir(u"real"_s));
    write(at(u"real/c.yaml"_s), "a: 1\n");
    QVERIFY(QFile::link(at(u"real/c.yaml"_s), at(u"middle.yaml"_s)));
    QVERIFY(QFile::link(at(u"middle.yaml"_s), at(u"link.yaml"_s)));
    Result<ConfigFile> file = ConfigFile::read(at(u"link.yaml"_s));
    QVERIFY(file);
    QVERIFY(file->save("a: 2\n"));
    QCOMPARE(read(at(u"real/c.yaml"_s)), "a: 2\n");
    QVERIFY(QFileInfo(at(u"link.yaml"_s)).isSymLink());
    QVERIFY(QFileInfo(at(u"middle.yaml"_s)).isSymLink());
    QVERIFY(!QFileInfo(at(u"real/c.yaml"_s)).isSymLink());
}

void TestConfigFile::refusesARetargetedLink()
{
    write(at(u"one"_s), "a: 1\n");
    write(at(u"two"_s), "a: 2\n");
    QVERIFY(QFile::link(at(u"one"_s), at(u"link"_s)));
    Result<ConfigFile> file = ConfigFile::read(at(u"link"_s));
    QVERIFY(QFile::remove(at(u"link"_s)));
    QVERIFY(QFile::link(at(u"two"_s), at(u"link"_s)));
    QCOMPARE(file->save("a: 3\n").error().code, ErrorCode::Conflict);
    QCOMPARE(read(at(u"one"_s)), "a: 1\n");
    QCOMPARE(read(at(u"two"_s)), "a: 2\n");
}

void TestConfigFile::leavesNoTemporaryFile()
{
    write(at(u"c.yaml"_s), "a: 1\n");
    Result<ConfigFile> file = ConfigFile::read(at(u"c.yaml"_s));
    QVERIFY(file->save("a: 2\n"));
    write(at(u"c.yaml"_s), "a: 3\n");
    QVERIFY(!file->save("a: 4\n"));
    const QDir::Filters all = QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot;
    QCOMPARE(QDir(m_dir->path()).entryList(all), QStringList{u"c.yaml"_s});
}

void TestConfigFile::explainsAReadOnlyFolder()
{
    write(at(u"c.yaml"_s), "a: 1\n");
    QCOMPARE(::chmod(QFile::encodeName(m_dir->path()).constData(), 0555), 0);
    Result<void> saved;
    {
        const OrdinaryUser user;
        Result<ConfigFile> file = ConfigFile::read(at(u"c.yaml"_s));
        QVERIFY(file);
        saved = file->save("a: 2\n");
    }
    QCOMPARE(::chmod(QFile::encodeName(m_dir->path()).constData(), 0755), 0);
    QVERIFY(!saved);
    QCOMPARE(saved.error().code, ErrorCode::Io);
    QVERIFY(saved.error().message.contains(u"c.yaml, the file is unchanged"));
    QVERIFY(saved.error().message.contains(u"allow writing to its folder"));
    QCOMPARE(read(at(u"c.yaml"_s)), "a: 1\n");
}

void TestConfigFile::refusesToTakeAFileFromItsOwner()
{
    if (::geteuid() != 0)
        QSKIP("only root can give files away");
    write(at(u"c.yaml"_s), "a: 1\n");
    QCOMPARE(::chmod(QFile::encodeName(m_dir->path()).constData(), 0777), 0);
    const OrdinaryUser user;
    Result<ConfigFile> file = ConfigFile::read(at(u"c.yaml"_s));
    const Result<void> saved = file->save("a: 2\n");
    QVERIFY(!saved);
    QCOMPARE(saved.error().code, ErrorCode::Io);
    QCOMPARE(QFileInfo(at(u"c.yaml"_s)).ownerId(), 0U);
    QCOMPARE(read(at(u"c.yaml"_s)), "a: 1\n");
    QCOMPARE(QDir(m_dir->path()).entryList(QDir::Files | QDir::Hidden).size(), 1);
}

void TestConfigFile::explainsWhatCannotBeRead_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("reason");
    QTest::newRow("missing") << u"none"_s << int(ErrorCode::NotFound) << u"No such file"_s;
    QTest::newRow("folder") << u"folder"_s << int(ErrorCode::Io) << u"not a regular file"_s;
    QTest::newRow("pipe") << u"pipe"_s << int(ErrorCode::Io) << u"not a regular file"_s;
    QTest::newRow("too long") << u"long"_s << int(ErrorCode::Io) << u"larger than 16 MiB"_s;
    QTest::newRow("link to nothing") << u"link"_s << int(ErrorCode::NotFound) << u"No such file"_s;
}

void TestConfigFile::explainsWhatCannotBeRead()
{
    QFETCH(QString, name);
    QFETCH(int, code);
    QFETCH(QString, reason);
    QVERIFY(QDir(m_dir->path()).mkdir(u"folder"_s));
    QCOMPARE(::mkfifo(QFile::encodeName(at(u"pipe"_s)).constData(), 0600), 0);
    QVERIFY(QFile::link(at(u"none"_s), at(u"link"_s)));
    QFile file(at(u"long"_s));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.resize(ConfigFile::MaxBytes + 1));
    const Result<ConfigFile> result = ConfigFile::read(at(name));
    QVERIFY(!result);
    QCOMPARE(int(result.error().code), code);
    QVERIFY2(result.error().message.contains(reason), qUtf8Printable(result.error().message));
    QVERIFY(result.error().message.contains(at(name)));
}

void TestConfigFile::createsWithFolders()
{
    Result<ConfigFile> file = ConfigFile::create(at(u"a/b/c.yaml"_s), "# starter\n");
    QVERIFY(file);
    QCOMPARE(file->text(), "# starter\n");
    QCOMPARE(modeOf(at(u"a/b/c.yaml"_s)), 0600U);
    QVERIFY(file->save("a: 1\n"));
}

void TestConfigFile::neverCreatesOverAFile()
{
    write(at(u"c.yaml"_s), "a: 1\n");
    QCOMPARE(ConfigFile::create(at(u"c.yaml"_s), "b").error().code, ErrorCode::Conflict);
    QCOMPARE(read(at(u"c.yaml"_s)), "a: 1\n");
}

QTEST_GUILESS_MAIN(TestConfigFile)
#include "tst_configfile.moc"
