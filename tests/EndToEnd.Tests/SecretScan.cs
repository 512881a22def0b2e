using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Steward.EndToEnd.Tests;

/// <summary>Looks for secrets in whatever was written: as they are, in UTF-16, hexadecimal, escaped, and in base64 at every position that a secret can have in a longer text.</summary>
internal sealed class SecretScan
{
    private const int Shortest = 8;

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly SearchValues<string> _needles;

    /// <summary>Creates a scan.</summary>
    /// <param name="secrets">The secrets by the name that a finding gives them.</param>
    public SecretScan(IEnumerable<(string Name, string Secret)> secrets)
    {
        foreach (var (name, secret) in secrets)
        {
            Assert.True(secret.Length >= Shortest, $"{name} is too short to be looked for.");
            foreach (var (form, text) in FormsOf(secret))
            {
                _names.TryAdd(text, $"{name} ({form})");
            }
        }

        _needles = SearchValues.Create([.. _names.Keys], StringComparison.Ordinal);
    }

    /// <summary>How many forms are looked for.</summary>
    public int Forms => _names.Count;

    /// <summary>The names of the secrets that are in a text.</summary>
    public IEnumerable<string> Find(string text)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        for (int from = 0, at; from < text.Length && (at = text.AsSpan(from).IndexOfAny(_needles)) >= 0; from += at + 1)
        {
            found.UnionWith(_names.Where(needle => text.AsSpan(from + at).StartsWith(needle.Key, StringComparison.Ordinal)).Select(needle => needle.Value));
        }

        return found;
    }

    /// <summary>The names of the secrets that are in bytes.</summary>
    public IEnumerable<string> Find(ReadOnlySpan<byte> bytes) => Find(Encoding.Latin1.GetString(bytes));

    /// <summary>Every value of every table of a SQLite file: a value that is stored on several pages is whole here, and in the file it is not.</summary>
    public static async Task<string> DumpAsync(string file)
    {
        await using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
        await connection.OpenAsync();
        var tables = new List<string>();
        await using (var command = connection.CreateCommand())
        {
            command.CommandText = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'";
            await using var names = await command.ExecuteReaderAsync();
            while (await names.ReadAsync())
            {
                tables.Add(names.GetString(0));
            }
        }

        var dump = new StringBuilder();
        foreach (var table in tables)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"SELECT * FROM \"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
            await using var rows = await command.ExecuteReaderAsync();
            while (await rows.ReadAsync())
            {
                for (var column = 0; column < rows.FieldCount; column++)
                {
                    _ = rows.GetValue(column) switch
                    {
                        byte[] bytes => dump.Append(Encoding.Latin1.GetString(bytes)),
                        string text => dump.Append(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text))),
                        _ => dump,
                    };
                    dump.Append('\n');
                }
            }
        }

        return dump.ToString();
    }

    private static IEnumerable<(string Form, string Text)> FormsOf(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        yield return ("plain", Encoding.Latin1.GetString(bytes));
        yield return ("UTF-16", Encoding.Latin1.GetString(Encoding.Unicode.GetBytes(secret)));
        yield return ("hexadecimal", Convert.ToHexStringLower(bytes));
        yield return ("hexadecimal", Convert.ToHexString(bytes));
        yield return ("URL", Uri.EscapeDataString(secret));
        yield return ("JSON", JsonEncodedText.Encode(secret).ToString());
        for (var before = 0; before < 3; before++)
        {
            // Only the digits that the secret alone decides.
            byte[] shifted = [.. new byte[before], .. bytes];
            var (first, last) = (((before * 8) + 5) / 6, shifted.Length * 8 / 6);
            yield return ("base64", Convert.ToBase64String(shifted)[first..last]);
            yield return ("base64url", Base64Url.EncodeToString(shifted)[first..last]);
        }
    }
}
