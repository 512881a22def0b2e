using Microsoft.Extensions.Options;
using Steward.Connectors;
using Steward.Engines.Approvals.People;
using Steward.Engines.Connectors;
using Steward.Identity;

namespace Steward.People;

/// <summary>
/// A tenant's people, by the directory that the tenant has connected. Answers hold for minutes; a directory that cannot be asked is an exception, never an empty answer. Without one, whoever is named by address counts as
/// there, and nobody has a manager or is in a group.
/// </summary>
internal sealed class ConnectorDirectory(
    string tenantId,
    IConnectorRegistry registry,
    InstanceDirectory instances,
    IGrainFactory grains,
    PlatformIdentity platform,
    IOptionsMonitor<DirectoryOptions> options,
    TimeProvider time) : IUserDirectory
{
    /// <summary>The largest group whose members' absences are looked up one by one.</summary>
    private const int MaxAbsences = 25;

    private readonly DirectoryAnswers _answers = new(time);

    /// <inheritdoc/>
    public async ValueTask<Person?> FindAsync(string email, CancellationToken cancellationToken) => (await EntryAsync(email, cancellationToken))?.Person;

    /// <inheritdoc/>
    public async ValueTask<Person?> FindManagerAsync(string email, CancellationToken cancellationToken) =>
        await AskAsync(
            "manager " + email,
            async (source, stop) => source is not null && await EntryAsync(email, stop) is { } entry ? await source.People.FindManagerAsync(entry, stop) : null,
            cancellationToken) is { } manager ? await FindAsync(manager, cancellationToken) : null;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Person>?> FindGroupAsync(string group, CancellationToken cancellationToken)
    {
        var members = await AskAsync(
            "group " + group,
            async (source, stop) => source is not null && await source.People.FindGroupAsync(group, stop) is { } entries ? (IReadOnlyList<Person>)[.. entries.Select(entry => entry.Person)] : null,
            cancellationToken);
        if (members is null || members.Count > MaxAbsences)
        {
            return members is null ? null : await KnownAsync(members);
        }

        var people = await Task.WhenAll(members.Select(async member => await FindAsync(member.Email, cancellationToken) ?? member));
        return people;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Person>?> FindRoleAsync(string role, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(role))
        {
            return null;
        }

        platform.Assume(tenantId);
        var holders = await grains.GetGrain<IKnownHoldersGrain>(GrainKeys.KnownHolders(tenantId, role)).List(cancellationToken);

        // Some of many are not told: a part of them would be asked by chance, and a share of them would count wrong.
        return holders.IsCrowded || holders.People.Count == 0
            ? null
            : [.. holders.People.Select(holder => new Person { Email = KnownAddress.Of(holder.Email) ?? "", Name = holder.Name ?? holder.UserId, UserId = holder.UserId })];
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> FindGroupsOfAsync(string email, CancellationToken cancellationToken) =>
        await AskAsync(
            "groups " + email,
            async (source, stop) => source is not null && await EntryAsync(email, stop) is { } entry ? await source.People.FindGroupsOfAsync(entry, stop) : [],
            cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Person?> FindUserAsync(string userId, CancellationToken cancellationToken)
    {
        platform.Assume(tenantId);
        var seen = GrainKeys.IsValidPart(userId, 'u') ? await grains.GetGrain<IPersonGrain>(GrainKeys.Person(tenantId, userId)).GetLastSeen(cancellationToken) : null;
        return KnownAddress.Of(seen?.Email) is { } email && await FindAsync(email, cancellationToken) is { } person && person.UserId == userId ? person : null;
    }

    private Task<DirectoryEntry?> EntryAsync(string email, CancellationToken cancellationToken) => AskAsync(
        "person " + email,
        async (source, stop) =>
        {
            if (KnownAddress.Of(email) is not { } address)
            {
                return null;
            }

            if ((source is null ? new DirectoryEntry(address, new() { Email = address, Name = address }) : await source.People.FindAsync(address, stop)) is not { } entry)
            {
                return null;
            }

            var person = (await KnownAsync([entry.Person]))[0];
            return entry with { Person = source is null ? person : person with { Absences = await source.FindAbsencesAsync(entry, stop) } };
        },
        cancellationToken);

    /// <summary>The people with the user ids that they came with. An address alone says no user id, and one with which several people come says that it is nobody's.</summary>
    private async Task<IReadOnlyList<Person>> KnownAsync(IReadOnlyList<Person> people)
    {
        var known = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var part in people.Select(person => person.Email).GroupBy(KnownAddress.PartOf))
        {
            platform.Assume(tenantId);
            foreach (var (address, userId) in await grains.GetGrain<IKnownAddressesGrain>(GrainKeys.KnownAddresses(tenantId, part.Key)).Whose([.. part]))
            {
                known[address] = userId;
            }
        }

        return [.. people.Select(person => known.TryGetValue(person.Email, out var userId) ? person with { UserId = userId, IsAddressShared = userId is null } : person with { UserId = null })];
    }

    private async Task<T> AskAsync<T>(string question, Func<DirectorySource?, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        var current = options.CurrentValue;
        return await _answers.GetAsync(
            question,
            current.FreshFor,
            current.MaxEntries,
            async () =>
            {
                try
                {
                    using var stop = new CancellationTokenSource(current.Timeout * 4, time);
                    platform.Assume(tenantId);
                    return await ask(await SourceAsync(current, stop.Token), stop.Token);
                }
                catch (Exception exception) when (exception is not DirectoryUnavailableException)
                {
                    throw new DirectoryUnavailableException("The directory could not be asked.", exception);
                }
            },
            cancellationToken);
    }

    private async Task<DirectorySource?> SourceAsync(DirectoryOptions current, CancellationToken cancellationToken)
    {
        var wanted = current.Tenants.GetValueOrDefault(tenantId);
        var connectors = await registry.OpenAsync(tenantId, null, cancellationToken);
        var listed = await instances.ListAsync(tenantId, cancellationToken);
        return DirectorySource.Choose(connectors, listed, wanted, current.Timeout, time);
    }
}
