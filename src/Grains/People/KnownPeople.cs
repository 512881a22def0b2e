using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Steward.Approvals;
using Steward.Identity;
using Steward.Notifications;

namespace Steward.People;

/// <summary>
/// Notes who was here with which roles, in the background: nobody's message waits for it. Remembers in the process what it has noted, so that a person costs a few calls a day
/// and a write, and those again with each change of roles.
/// </summary>
internal sealed partial class KnownPeople(IGrainFactory grains, PlatformIdentity platform, TimeProvider time, ILogger<KnownPeople> logger)
{
    /// <summary>How often it is noted that somebody with the same roles was here.</summary>
    public static readonly TimeSpan NotedEvery = TimeSpan.FromDays(1);

    /// <summary>Of how many roles of a person it is noted that they hold them.</summary>
    internal const int MostRoles = 50;

    private const int Most = 50_000;

    private readonly ConcurrentDictionary<(string Tenant, string User), (IReadOnlyList<string> Roles, string? Email, DateTimeOffset At)> _noted = new();

    /// <summary>The person is here, by themselves and not because something acts in their name.</summary>
    public void Saw(CallerIdentity person)
    {
        var now = time.GetUtcNow();
        var id = (person.TenantId, person.UserId);
        if (_noted.TryGetValue(id, out var noted) && now - noted.At < NotedEvery && noted.Email == person.Email && noted.Roles.SequenceEqual(person.Roles))
        {
            return;
        }

        if (_noted.Count >= Most)
        {
            // All of it can be noted again.
            _noted.Clear();
        }

        _noted[id] = (person.Roles, person.Email, now);

        // Neither the caller's identity nor its activation's scheduler belong to this.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(() => NoteAsync(person));
        }
    }

    private async Task NoteAsync(CallerIdentity person)
    {
        try
        {
            platform.Assume(person.TenantId);
            await NoteRolesAsync(person);
            if (KnownAddress.Of(person.Email) is { } address)
            {
                var index = grains.GetGrain<IKnownAddressesGrain>(GrainKeys.KnownAddresses(person.TenantId, KnownAddress.PartOf(address)));
                await index.Saw(address, person.UserId);
                if ((await index.Whose([address])).GetValueOrDefault(address) == person.UserId)
                {
                    await grains.GetGrain<IApprovalRulesGrain>(GrainKeys.ApprovalRules(person.TenantId)).KnowAddress(address, person.UserId);
                    await grains.GetGrain<IInboxGrain>(GrainKeys.Inbox(person.TenantId, person.UserId)).Adopt(ApprovalNotices.PlaceholderOf(address));
                }
            }
        }
#pragma warning disable CA1031 // It is noted with the next message.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _noted.TryRemove((person.TenantId, person.UserId), out _);
            LogNotNoted(logger, exception, person.TenantId);
        }
    }

    /// <summary>The person's own record comes last: while that names the roles before, whatever was lost on the way is noted again.</summary>
    private async Task NoteRolesAsync(CallerIdentity person)
    {
        var record = grains.GetGrain<IPersonGrain>(GrainKeys.Person(person.TenantId, person.UserId));
        var (holds, before) = (RolesOf(person.Roles), RolesOf((await record.GetLastSeen())?.Roles ?? []));
        foreach (var role in holds.Union(before, StringComparer.Ordinal))
        {
            await grains.GetGrain<IKnownHoldersGrain>(GrainKeys.KnownHolders(person.TenantId, role)).Saw(person, holds.Contains(role));
        }

        await record.Saw(person);
    }

    /// <summary>The roles of which it is noted who holds them: the same of the same roles, in whatever order they come; being an admin is always among them.</summary>
    private static HashSet<string> RolesOf(IReadOnlyList<string> roles) => roles
        .Where(role => role is { Length: > 0 })
        .Distinct(StringComparer.Ordinal)
        .OrderBy(role => role == WellKnownRoles.Admin ? 0 : 1)
        .ThenBy(role => role, StringComparer.Ordinal)
        .Take(MostRoles)
        .ToHashSet(StringComparer.Ordinal);

    [LoggerMessage(EventId = 1701, Level = LogLevel.Warning, Message = "Who was here in {Tenant} could not be noted now; it will be with the next message")]
    private static partial void LogNotNoted(ILogger logger, Exception exception, string tenant);
}
