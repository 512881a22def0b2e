using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>How often the people of a tenant ask for what. People are keyed hashes, topics stand once. Pure.</summary>
internal sealed class MemoryPatternsState : IFolded
{
    /// <summary>The most people that are counted; those beyond are not.</summary>
    public const int MaxPeople = 5_000;

    private const int MaxTopics = 2_000;
    private const int MaxTopicsOfOne = 20;

    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    /// <summary>What the hashes are made with, in base64.</summary>
    public string? Salt { get; set; }

    /// <summary>The topics, in the order in which they came.</summary>
    public List<string> Topics { get; set; } = [];

    /// <summary>By a person's hash: topics by their place, each with its count behind it.</summary>
    public Dictionary<string, int[]> People { get; set; } = [];

    /// <summary>What was decided, by topic.</summary>
    public Dictionary<string, PatternDecided> Decided { get; set; } = [];

    /// <summary>The last entry that took somebody out; older entries must not stay.</summary>
    public long PurgeDue { get; set; }

    /// <summary>The hash that stands for a person.</summary>
    public static string Mark(string salt, string userId) => Convert.ToHexStringLower(HMACSHA256.HashData(Convert.FromBase64String(salt), Encoding.UTF8.GetBytes(userId)).AsSpan(0, 12));

    /// <summary>The id of a topic.</summary>
    public static string IdOf(string topic) => "p-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(topic)).AsSpan(0, 8));

    /// <inheritdoc/>
    public void Apply(JournalEntry entry)
    {
        if (entry.Payload.IsEmpty)
        {
            return;
        }

        switch (entry.Type)
        {
            case PatternRecordTypes.Reported:
                Take(JsonSerializer.Deserialize(entry.Payload.Span, MemoryPatternsJson.Default.PatternsReported)!, entry.Sequence);
                break;
            case PatternRecordTypes.Decided:
                var decided = JsonSerializer.Deserialize(entry.Payload.Span, MemoryPatternsJson.Default.PatternDecided)!;
                Decided[decided.Topic] = decided;
                break;
        }
    }

    /// <summary>What enough people ask for, most people first.</summary>
    public IReadOnlyList<TenantPattern> Patterns(int leastPeople)
    {
        var people = new int[Topics.Count];
        var requests = new int[Topics.Count];
        foreach (var counts in People.Values)
        {
            for (var i = 0; i + 1 < counts.Length; i += 2)
            {
                people[counts[i]]++;
                requests[counts[i]] += counts[i + 1];
            }
        }

        return
        [
            .. Enumerable.Range(0, Topics.Count)
                .Where(topic => people[topic] >= leastPeople)
                .OrderByDescending(topic => people[topic])
                .ThenBy(topic => Topics[topic], StringComparer.Ordinal)
                .Select(topic => new TenantPattern
                {
                    Id = IdOf(Topics[topic]),
                    Topic = Topics[topic],
                    People = people[topic],
                    Requests = requests[topic],
                    Status = Decided.GetValueOrDefault(Topics[topic]) is { } decided ? decided.IsAccepted ? MemoryProposalStatus.Accepted : MemoryProposalStatus.Dismissed : MemoryProposalStatus.Open,
                    DecidedAt = Decided.GetValueOrDefault(Topics[topic])?.At,
                }),
        ];
    }

    private void Take(PatternsReported reported, long sequence)
    {
        Salt = reported.Salt;
        if (reported.Counts.Count == 0)
        {
            PurgeDue = People.Remove(reported.Mark) ? sequence : PurgeDue;
            return;
        }

        if (People.Count >= MaxPeople && !People.ContainsKey(reported.Mark))
        {
            return;
        }

        var counts = new List<int>();
        foreach (var (topic, count) in reported.Counts.OrderByDescending(count => count.Value).ThenBy(count => count.Key, StringComparer.Ordinal).Take(MaxTopicsOfOne))
        {
            var at = Topics.IndexOf(topic);
            if (at < 0 && Topics.Count < MaxTopics)
            {
                at = Topics.Count;
                Topics.Add(topic);
            }

            if (at >= 0)
            {
                counts.Add(at);
                counts.Add(count);
            }
        }

        People[reported.Mark] = [.. counts];
    }
}
