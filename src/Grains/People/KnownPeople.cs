using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Steward.Approvals;
using Steward.Identity;
using Steward.Notifications;

namespace Steward.People;

/// <summary>
/// Notes who was here with which roles, in the background: nobody's message waits for it. Remembers in the process what it has noted, so that a person costs a few calls a day
/// and a write, and those again with each change of roles. Many who come at once are noted together.
/// </summary>
internal sealed partial class KnownPeople(IGrainFactory grains, PlatformIdentity platform, TimeProvider time, ILogger<KnownPeople> logger)
{
    /// <summary>How often it is noted that somebody with the same roles was here.</summary>
    public static readonly TimeSpan NotedEvery = TimeSpan.FromDays(1);

    /// <summary>Of how many roles of a person it is noted that they hold them.</summary>
    internal const int MostRoles = 50;

    private const int Most = 50_000;
    private const int AtATime = 200;

    private static readonly ParallelOptions Together = new() { MaxDegreeOfParallelism = 8 };

    private readonly ConcurrentDictionary<(string Tenant, string User), (IReadOnlyList<string> Roles, string? Email, DateTimeOffset At)> _noted = new();
    private readonly ConcurrentQueue<CallerIdentity> _waiting = new();
    private int _isNoting;

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
        _waiting.Enqueue(person);
        if (Interlocked.CompareExchange(ref _isNoting, 1, 0) == 0)
        {
            // Neither the caller's identity nor its activation's scheduler belong to this.
            using (ExecutionContext.SuppressFlow())
            {
                _ = Task.Run(NoteAllAsync);
            }
        }
    }

    // One batch after the other: when a whole company comes in the morning, a role's grain is called and written once for many, and not once for each while the others wait.
    private async Task NoteAllAsync()
    {
        do
        {
            while (!_waiting.IsEmpty)
            {
                var batch = new Dictionary<(string Tenant, string User), CallerIdentity>();
                while (batch.Count < AtATime && _waiting.TryDequeue(out var person))
                {
                    // Who came twice meanwhile is as the second time.
                    batch[(person.TenantId, person.UserId)] = person;
                }

                await Task.WhenAll(batch.Values.GroupBy(person => person.TenantId, StringComparer.Ordinal).Select(people => NoteAsync(people.Key, [.. people])));
            }

            Volatile.Write(ref _isNoting, 0);
        }
        while (!_waiting.IsEmpty && Interlocked.CompareExchange(ref _isNoting, 1, 0) == 0);
    }

    private async Task NoteAsync(string tenantId, IReadOnlyList<CallerIdentity> people)
    {
        var failed = new ConcurrentDictionary<string, Exception>(StringComparer.Ordinal);
        try
        {
            platform.Assume(tenantId);
            await NoteAsync(tenantId, people, failed);
        }
#pragma warning disable CA1031 // Whatever it is, those who come after them are noted.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failed = new(people.Select(person => KeyValuePair.Create(person.UserId, exception)), StringComparer.Ordinal);
        }

        foreach (var userId in failed.Keys)
        {
            // It is noted with the next message.
            _noted.TryRemove((tenantId, userId), out _);
        }

        if (!failed.IsEmpty)
        {
            LogNotNoted(logger, failed.Values.First(), tenantId, failed.Count);
        }
    }

    private async Task NoteAsync(string tenantId, IReadOnlyList<CallerIdentity> people, ConcurrentDictionary<string, Exception> failed)
    {
        var before = new ConcurrentDictionary<string, HashSet<string>>(StringComparer.Ordinal);
        await EachAsync(people, failed, async person =>
            before[person.UserId] = RolesOf((await grains.GetGrain<IPersonGrain>(GrainKeys.Person(tenantId, person.UserId)).GetLastSeen())?.Roles ?? []));
        await NoteRolesAsync(tenantId, [.. people.Where(person => before.ContainsKey(person.UserId))], before, failed);

        // The person's own record comes last: while that names the roles before, whatever was lost on the way is noted again.
        await EachAsync([.. people.Where(person => !failed.ContainsKey(person.UserId))], failed, async person =>
        {
            await grains.GetGrain<IPersonGrain>(GrainKeys.Person(tenantId, person.UserId)).Saw(person);
            await NoteAddressAsync(person);
        });
    }

    private async Task NoteRolesAsync(string tenantId, IReadOnlyList<CallerIdentity> people, ConcurrentDictionary<string, HashSet<string>> before, ConcurrentDictionary<string, Exception> failed)
    {
        var changes = people
            .SelectMany(person =>
            {
                var holds = RolesOf(person.Roles);
                return holds.Union(before[person.UserId], StringComparer.Ordinal).Select(role => (Role: role, Seen: new HolderSeen { Person = person, Holds = holds.Contains(role) }));
            })
            .GroupBy(change => change.Role, change => change.Seen, StringComparer.Ordinal);
        await Parallel.ForEachAsync(changes, Together, async (role, _) =>
        {
            try
            {
                await grains.GetGrain<IKnownHoldersGrain>(GrainKeys.KnownHolders(tenantId, role.Key)).SawAll([.. role], CancellationToken.None);
            }
#pragma warning disable CA1031 // The others are noted all the same.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                foreach (var seen in role)
                {
                    failed.TryAdd(seen.Person.UserId, exception);
                }
            }
        });
    }

    private async Task NoteAddressAsync(CallerIdentity person)
    {
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

    private static Task EachAsync(IReadOnlyList<CallerIdentity> people, ConcurrentDictionary<string, Exception> failed, Func<CallerIdentity, Task> note) =>
        Parallel.ForEachAsync(people, Together, async (person, _) =>
        {
            try
            {
                await note(person);
            }
#pragma warning disable CA1031 // One that cannot be noted now must not keep the others waiting.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failed.TryAdd(person.UserId, exception);
            }
        });

    /// <summary>The roles of which it is noted who holds them: the same of the same roles, in whatever order they come; being an admin is always among them.</summary>
    private static HashSet<string> RolesOf(IReadOnlyList<string> roles) => roles
        .Where(role => role is { Length: > 0 })
        .Distinct(StringComparer.Ordinal)
        .OrderBy(role => role == WellKnownRoles.Admin ? 0 : 1)
        .ThenBy(role => role, StringComparer.Ordinal)
        .Take(MostRoles)
        .ToHashSet(StringComparer.Ordinal);

    [LoggerMessage(EventId = 1701, Level = LogLevel.Warning, Message = "{Count} people who were here in {Tenant} could not be noted now; they will be with their next message")]
    private static partial void LogNotNoted(ILogger logger, Exception exception, string tenant, int count);
}
