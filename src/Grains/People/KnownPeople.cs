using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Steward.Approvals;
using Steward.Identity;
using Steward.Notifications;

namespace Steward.People;

/// <summary>
/// Notes who was here with which roles, in the background: nobody's message waits for it. Remembers in the process what it has noted, so that a person costs a write a day and one for
/// each change of roles.
/// </summary>
internal sealed partial class KnownPeople(IGrainFactory grains, PlatformIdentity platform, TimeProvider time, ILogger<KnownPeople> logger)
{
    /// <summary>How often it is noted that somebody with the same roles was here.</summary>
    public static readonly TimeSpan NotedEvery = TimeSpan.FromDays(1);

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
            await grains.GetGrain<IPersonGrain>(GrainKeys.Person(person.TenantId, person.UserId)).Saw(person);
            await grains.GetGrain<IKnownAdminsGrain>(GrainKeys.KnownAdmins(person.TenantId)).Saw(person);
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

    [LoggerMessage(EventId = 1701, Level = LogLevel.Warning, Message = "Who was here in {Tenant} could not be noted now; it will be with the next message")]
    private static partial void LogNotNoted(ILogger logger, Exception exception, string tenant);
}
