using System.Text;
using Orleans.Runtime;
using Steward.Identity;
using Steward.Operations;

namespace Steward.People;

/// <summary>Owns one part of a tenant's index of mail addresses. Persists: <see cref="KnownAddressesState"/>. Woken by: <see cref="KnownPeople"/>, seldom, and by the directory.</summary>
internal sealed class KnownAddressesGrain([PersistentState("addresses", StorageNames.GrainState)] IPersistentState<KnownAddressesState> state, TimeProvider time) : StewardGrain, IKnownAddressesGrain
{
    private const int Most = 5_000;

    // Whoever had an address before may have left; addresses are given to somebody else in time.
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromDays(180);

    /// <inheritdoc/>
    public async Task Saw(string address, string userId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var now = time.GetUtcNow();
        var known = state.State.Addresses;
        if (known.TryGetValue(address, out var entry))
        {
            if (entry.UserId == userId && now - entry.At < KnownPeople.NotedEvery)
            {
                return;
            }

            // Two people with one address: nobody is meant by it until one of them has not come for long.
            if (entry.UserId != userId && now - entry.At < ForgottenAfter)
            {
                if (entry.OtherAt is { } at && entry.OtherUserId == userId && now - at < KnownPeople.NotedEvery)
                {
                    return;
                }

                (entry.OtherUserId, entry.OtherAt) = (userId, now);
                await Write();
                return;
            }
        }

        known[address] = new KnownAddressEntry { UserId = userId, At = now, OtherUserId = entry?.UserId == userId ? entry.OtherUserId : null, OtherAt = entry?.UserId == userId ? entry.OtherAt : null };
        if (known.Count > Most)
        {
            known.Remove(known.MinBy(one => one.Value.At).Key);
        }

        await Write();
    }

    /// <inheritdoc/>
    public Task<Dictionary<string, string?>> Whose(IReadOnlyList<string> addresses, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var now = time.GetUtcNow();
        var whose = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var address in addresses)
        {
            if (state.State.Addresses.TryGetValue(address, out var entry) && now - entry.At < ForgottenAfter)
            {
                whose[address] = now - entry.OtherAt < ForgottenAfter ? null : entry.UserId;
            }
        }

        return Task.FromResult(whose);
    }

    private async Task Write()
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // Memory and store may differ now: the next activation reads what really stands.
            DeactivateOnIdle();
            throw;
        }
    }
}

/// <summary>Mail addresses as the index holds them.</summary>
internal static class KnownAddress
{
    private const int Parts = 64;

    /// <summary>The address in lower case, or null when it is none.</summary>
    public static string? Of(string? email) => email is { Length: > 2 and <= 254 } && email.Contains('@', StringComparison.Ordinal) ? email.ToLowerInvariant() : null;

    /// <summary>The part of the index that an address is in.</summary>
    public static int PartOf(string address) => Encoding.UTF8.GetBytes(address).Aggregate(17, (hash, one) => unchecked((hash * 31) + one)) & (Parts - 1);
}

/// <summary>What is persisted of a part of the index.</summary>
[GenerateSerializer]
[Alias("steward.known-addresses-state")]
internal sealed class KnownAddressesState
{
    /// <summary>Who came with an address.</summary>
    [Id(0)]
    public Dictionary<string, KnownAddressEntry> Addresses { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>Who came with an address.</summary>
[GenerateSerializer]
[Alias("steward.known-address")]
internal sealed class KnownAddressEntry
{
    /// <summary>Who.</summary>
    [Id(0)]
    public required string UserId { get; set; }

    /// <summary>When last, to the day.</summary>
    [Id(1)]
    public DateTimeOffset At { get; set; }

    /// <summary>Somebody else who came with it.</summary>
    [Id(2)]
    public string? OtherUserId { get; set; }

    /// <summary>When they last did.</summary>
    [Id(3)]
    public DateTimeOffset? OtherAt { get; set; }
}
