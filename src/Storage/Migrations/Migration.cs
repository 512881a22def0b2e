using System.Reflection;

namespace Steward.Storage.Migrations;

/// <summary>One numbered step of a schema.</summary>
/// <param name="Version">From 1, without gaps.</param>
/// <param name="Name">What it is called in the table of applied steps.</param>
/// <param name="Sql">Its statements.</param>
internal sealed record Migration(int Version, string Name, string Sql);

/// <summary>The steps of one schema in order. A released step is never changed; changes come as a further step.</summary>
/// <param name="Component">Tells schemas in the same database apart.</param>
/// <param name="Steps">In ascending order.</param>
internal sealed record MigrationSet(string Component, IReadOnlyList<Migration> Steps)
{
    /// <summary>Steward's tables in SQLite.</summary>
    public static MigrationSet Sqlite { get; } = Load("steward", "Migrations/Sqlite/");

    /// <summary>Steward's tables in PostgreSQL.</summary>
    public static MigrationSet PostgreSql { get; } = Load("steward", "Migrations/PostgreSql/");

    /// <summary>The tables and queries that the Orleans ADO.NET providers read from PostgreSQL.</summary>
    public static MigrationSet Orleans { get; } = Load("orleans", "Migrations/Orleans/");

    /// <summary>The version that the set leads to.</summary>
    public int Latest => Steps.Count;

    /// <summary>The step that follows a version; null when there is none.</summary>
    /// <exception cref="StorageException">The database is newer than this build.</exception>
    public Migration? After(int version, string location)
    {
        if (version > Latest)
        {
            throw new StorageException(
                $"The database {location} has version {version} of the schema '{Component}', and this build of Steward knows versions up to {Latest}. " +
                "Start the newer build again, or restore a backup that was made before the upgrade.");
        }

        return version == Latest ? null : Steps[version];
    }

    private static MigrationSet Load(string component, string folder)
    {
        var assembly = typeof(MigrationSet).Assembly;
        var steps = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select((resource, index) => Read(assembly, resource, resource[folder.Length..], index + 1))
            .ToList();
        return new MigrationSet(component, steps);
    }

    private static Migration Read(Assembly assembly, string resource, string file, int expected)
    {
        // 0001_name.sql
        var version = int.Parse(file.AsSpan(0, 4), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture);
        if (version != expected)
        {
            throw new InvalidOperationException($"The migration {file} should have number {expected}.");
        }

        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return new Migration(version, file[5..^4], reader.ReadToEnd());
    }
}
