using System.Buffers;
using System.Text.Json;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Runs;

/// <summary>
/// Finds what the runs of a conversation have stored by hash, and removes it. Whatever looks like a hash in a run's records, or in a content that is found that way, is looked for among the conversation's own contents: what is
/// shared by the tenant has other names and is never met.
/// </summary>
internal sealed class RunContents(IJournalStore journals, IContentStore contents)
{
    private const int Page = 500;
    private const int AtOnce = 200;
    private const int HashLength = 64;

    private static readonly SearchValues<byte> HashBytes = SearchValues.Create("0123456789abcdef"u8);

    /// <summary>The contents of runs that no other run refers to.</summary>
    /// <param name="runs">The keys of the runs.</param>
    /// <param name="others">The keys of runs of the same conversation whose contents stay.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<FoundContents> FindAsync(IEnumerable<string> runs, IEnumerable<string> others, CancellationToken cancellationToken)
    {
        var kept = (await ReachableAsync(others, [], cancellationToken)).Names;
        return await ReachableAsync(runs, [.. kept], cancellationToken);
    }

    /// <summary>Removes contents. What refers to others goes after them, so that what is left when this is cut off can be found again.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="found">What <see cref="FindAsync"/> found.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    public async Task RemoveAsync(string tenantId, FoundContents found, CancellationToken cancellationToken)
    {
        foreach (var batch in found.Names.Reverse().Chunk(AtOnce))
        {
            await contents.RemoveAsync(tenantId, batch, cancellationToken);
        }
    }

    // Each content is found after the first one that names it, so that the reverse order never takes away the way to what is left.
    private async Task<FoundContents> ReachableAsync(IEnumerable<string> runs, HashSet<string> seen, CancellationToken cancellationToken)
    {
        var (queue, names, shared) = (new Queue<(string Tenant, string Scope, string Name)>(), new List<string>(), 0);
        foreach (var run in runs)
        {
            var (scope, hashes) = await ReadAsync(run, cancellationToken);
            shared += scope is null ? hashes.Count : 0;
            Add(GrainKeys.TenantOf(run), scope, hashes);
        }

        while (queue.TryDequeue(out var next))
        {
            if (await contents.ReadAsync(next.Tenant, next.Name, cancellationToken) is { } bytes)
            {
                names.Add(next.Name);
                var hashes = new HashSet<string>(StringComparer.Ordinal);
                Scan(bytes, hashes);
                Add(next.Tenant, next.Scope, hashes);
            }
        }

        return new FoundContents(names, shared);

        void Add(string tenant, string? scope, HashSet<string> hashes)
        {
            foreach (var name in scope is null ? [] : hashes.Select(hash => ContentHash.Within(scope, hash)).Where(seen.Add))
            {
                queue.Enqueue((tenant, scope!, name));
            }
        }
    }

    private async Task<(string? Scope, HashSet<string> Hashes)> ReadAsync(string run, CancellationToken cancellationToken)
    {
        var (scope, hashes) = ((string?)null, new HashSet<string>(StringComparer.Ordinal));
        for (long after = 0; ;)
        {
            var entries = await journals.ReadAsync(run, after, Page, cancellationToken);
            foreach (var entry in entries)
            {
                scope = entry.Type == RunOrigin.Type && !entry.Payload.IsEmpty ? JsonSerializer.Deserialize(entry.Payload.Span, RunRecordJson.Default.RunOrigin)!.ContentScope : scope;
                Scan(entry.Payload, hashes);
            }

            if (entries.Count < Page)
            {
                return (scope, hashes);
            }

            after = entries[^1].Sequence;
        }
    }

    /// <summary>Adds all texts that look like a hash. What is not JSON has none.</summary>
    private static void Scan(ReadOnlyMemory<byte> json, HashSet<string> hashes)
    {
        if (json.IsEmpty || json.Span[0] is not ((byte)'{' or (byte)'['))
        {
            return;
        }

        try
        {
            var reader = new Utf8JsonReader(json.Span);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length == HashLength && !reader.ValueSpan.ContainsAnyExcept(HashBytes))
                {
                    hashes.Add(reader.GetString()!);
                }
            }
        }
        catch (JsonException)
        {
            // A text that only begins like it.
        }
    }
}

/// <summary>What was found.</summary>
/// <param name="Names">The names of contents that are there, each behind one that refers to it.</param>
/// <param name="Shared">How many hashes runs of earlier releases refer to, whose contents are shared and stay until retention removes them.</param>
internal sealed record FoundContents(IReadOnlyList<string> Names, int Shared);
