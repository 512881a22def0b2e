namespace Steward.Engines.Security;

/// <summary>Key files: only their owner may read them, and of several processes that create one at the same time exactly one wins.</summary>
internal static class OwnerOnlyFile
{
    private const UnixFileMode OwnerReadWrite = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads the file; creates it first, durably and with mode 600, if it does not exist.</summary>
    /// <exception cref="InvalidOperationException">Others than the owner may access the file, or it is too large to be a key file.</exception>
    public static string ReadOrCreate(string path, Func<string> content)
    {
        path = Path.GetFullPath(path);
        if (!File.Exists(path))
        {
            Create(path, content());
        }

        return Read(path);
    }

    public static string Read(string path)
    {
        // The mode is taken from the opened handle, so that the file that is checked is the file that is read.
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (!OperatingSystem.IsWindows())
        {
            var mode = File.GetUnixFileMode(stream.SafeFileHandle);
            if ((mode & Others) != 0)
            {
                throw new InvalidOperationException(
                    $"The key file '{path}' can be accessed by others than its owner (mode {Convert.ToString((int)mode, 8)}). " +
                    $"Run: chmod 600 '{path}' and, if others may have read it, delete it so that a new key is made.");
            }
        }

        if (stream.Length > 64 * 1024)
        {
            throw new InvalidOperationException($"'{path}' is {stream.Length} bytes long; it is no key file.");
        }

        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Replaces the file's content, durably and at once: a reader sees the old one or the new one.</summary>
    public static void Replace(string path, string content) => Write(Path.GetFullPath(path), content, overwrite: true);

    private static void Create(string path, string content) => Write(path, content, overwrite: false);

    private static void Write(string path, string content, bool overwrite)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():n}";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerReadWrite;
            }

            using (var stream = new FileStream(temporary, options))
            {
                using var writer = new StreamWriter(stream, leaveOpen: true);
                writer.Write(content);
                writer.Flush();
                stream.Flush(flushToDisk: true);
            }

            try
            {
                // Creating never replaces: the first process to get here wins and the others read its key.
                File.Move(temporary, path, overwrite);
            }
            catch (IOException) when (!overwrite && File.Exists(path))
            {
            }
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
