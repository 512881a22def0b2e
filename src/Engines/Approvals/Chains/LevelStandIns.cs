using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Chains;

/// <summary>Who may act for the people of a level: their delegates; when somebody is out of office and no delegate is there, a manager who is.</summary>
/// <param name="directory">The directory.</param>
/// <param name="query">The level.</param>
/// <param name="warnings">What is not as it was meant.</param>
/// <param name="isAsked">Whether somebody has a seat of their own.</param>
internal sealed class LevelStandIns(IDirectory directory, LevelQuery query, LevelWarnings warnings, Func<Person, bool> isAsked)
{
    /// <summary>How far up managers are followed in search of somebody who is there.</summary>
    private const int StandInLevels = 3;

    private readonly ILookup<string, Delegation> _delegations =
        query.Delegations.Where(delegation => delegation.Covers(query.Type, query.Now)).ToLookup(delegation => delegation.From, StringComparer.OrdinalIgnoreCase);

    /// <summary>Who may act for a person.</summary>
    public async ValueTask<IReadOnlyList<StandIn>> OfAsync(Person person, CancellationToken cancellationToken)
    {
        var standIns = new List<StandIn>();
        var isAnybodyThere = false;
        foreach (var delegation in _delegations[person.Email].Where(delegation => delegation.IsBy(person)))
        {
            if (standIns.Exists(there => there.Person.MayBe(delegation.ToUserId, delegation.To)))
            {
                continue;
            }

            // A delegate's own delegate is not followed: trust in one is no trust in whomever they trust. So loops lead nowhere.
            if (await directory.FindAsync(delegation.To, cancellationToken) is not { } found)
            {
                warnings.Add($"{delegation.To}, delegate of {person.Email}, is nobody whom the directory knows.");
                continue;
            }

            var to = delegation.Meant(found);
            if (to is null)
            {
                warnings.Add($"{delegation.To}, delegate of {person.Email}, is somebody else's address by now.");
            }
            else if (Unfit(to, person) is { } why)
            {
                warnings.Add($"{to.Email}, delegate of {person.Email}, {why}.");
            }
            else
            {
                standIns.Add(new(PersonRef.Of(to), $"delegate of {person.Name} until {delegation.Ends:yyyy-MM-dd}") { DelegationId = delegation.DelegationId });
                isAnybodyThere |= !IsAway(to);
            }
        }

        return !IsAway(person) || isAnybodyThere ? standIns : await WithManagerAsync(person, standIns, cancellationToken);
    }

    private async ValueTask<IReadOnlyList<StandIn>> WithManagerAsync(Person person, IReadOnlyList<StandIn> standIns, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { person.Email };
        var at = person.Email;
        for (var i = 0; i < StandInLevels; i++)
        {
            if (await directory.FindManagerAsync(at, cancellationToken) is not { } manager || !seen.Add(manager.Email))
            {
                break;
            }

            if (!IsAway(manager) && Unfit(manager, person) is null && !standIns.Any(there => there.Person.MayBe(manager.UserId, manager.Email)))
            {
                warnings.Add($"{person.Name} is out of office and has no delegate who is there; {manager.Name}, a manager, may act for them.");
                return [.. standIns, new(PersonRef.Of(manager), $"manager of {person.Name}, who is out of office")];
            }

            at = manager.Email;
        }

        warnings.Add($"{person.Name} is out of office, and nobody was found who could act for them.");
        return standIns;
    }

    /// <summary>Why somebody cannot act for a person; null when they can.</summary>
    private string? Unfit(Person standIn, Person person) => standIn switch
    {
        { IsActive: false } => "has left",
        { IsAddressShared: true, UserId: null } => "has an address with which several people sign in",
        _ when standIn.MayBe(person) => "is the same person",
        _ when query.IsRequester(standIn) => "asked for this",
        _ when query.HasVoted(standIn) => "voted at an earlier level",
        _ when isAsked(standIn) => "is asked already, and has one vote",
        _ => null,
    };

    private bool IsAway(Person person) => person.Absences.Any(absence => absence.Covers(query.Now));
}
