using System.Diagnostics;

namespace Steward.LocalPostgreSql;

/// <summary>Finds the installed PostgreSQL server programs.</summary>
public static class PostgreSqlBinaries
{
    private const int OldestMajor = 15;
    private const string Setting = "STEWARD_POSTGRESQL";

    /// <summary>The directory that holds <c>postgres</c> and <c>initdb</c>: the environment's <c>STEWARD_POSTGRESQL</c> where it is set, else the newest that is installed.</summary>
    /// <exception cref="InvalidOperationException">There is none; the message says how to get them.</exception>
    public static string Find() =>
        Candidates().FirstOrDefault(static directory => File.Exists(Path.Combine(directory, "initdb")) && File.Exists(Path.Combine(directory, "postgres")))
        ?? throw new InvalidOperationException(
            $"PostgreSQL {OldestMajor} or newer is not installed: no initdb and postgres in PATH, in `pg_config --bindir` or under /usr/lib/postgresql. " +
            "On Debian: apt-get install postgresql (the packaged server need not run; the tests start their own).");

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable(Setting) is { Length: > 0 } set)
        {
            yield return set;
        }

        // The version directories first: what stands in PATH may be a wrapper that expects the packaged cluster.
        const string Packaged = "/usr/lib/postgresql";
        if (Directory.Exists(Packaged))
        {
            foreach (var directory in Directory.GetDirectories(Packaged)
                .Select(static path => (Path: path, Version: int.TryParse(Path.GetFileName(path), out var version) ? version : 0))
                .Where(static candidate => candidate.Version >= OldestMajor)
                .OrderByDescending(static candidate => candidate.Version))
            {
                yield return Path.Combine(directory.Path, "bin");
            }
        }

        if (PgConfig() is { Length: > 0 } configured)
        {
            yield return configured;
        }

        foreach (var directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            var program = Path.Combine(directory, "initdb");
            if (File.Exists(program))
            {
                // initdb looks for postgres beside the file that a link leads to.
                yield return Path.GetDirectoryName(File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program)!;
            }
        }
    }

    private static string? PgConfig()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("pg_config", ["--bindir"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            return process?.StandardOutput.ReadToEnd().Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
