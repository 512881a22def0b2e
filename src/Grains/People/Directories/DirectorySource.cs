using Steward.Engines.Approvals.People;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Instances;

namespace Steward.People;

/// <summary>The systems by which a tenant's people are looked up.</summary>
/// <param name="People">Who works here.</param>
/// <param name="Absences">Who is out of office; null where nobody is asked.</param>
internal sealed record DirectorySource(IPeopleSource People, IAbsenceSource? Absences)
{
    private const string Okta = "okta";
    private const string Entra = "entra-id";
    private const string Workday = "workday";

    /// <summary>What tells that a connector is a directory and may be asked: the operation that finds people is switched on.</summary>
    private const string FindUsers = ".users.find";
    private const string FindWorkers = ".people.find";
    private const string FindReplies = ".users.out_of_office";
    private const string FindTimeOff = ".time_off.entries";

    /// <summary>
    /// The systems that a tenant wants, else those that it has connected; null when there is none that knows people. Workday only when the tenant's options name it: it may be connected for each person's own use, for
    /// reports alone, or without the right to query, and then every approval would wait for an answer that never comes.
    /// </summary>
    /// <exception cref="DirectoryUnavailableException">The one that it wants is not connected.</exception>
    public static DirectorySource? Choose(ITenantConnectors connectors, IReadOnlyList<ResolvedInstance> listed, TenantDirectoryOptions? wanted, TimeSpan timeout, TimeProvider time)
    {
        var operations = connectors.Operations.Select(operation => operation.Id).ToHashSet(StringComparer.Ordinal);
        string? TemplateOf(string name) => listed.FirstOrDefault(target => target.Instance.Name == name)?.Template.Id;
        string? First(string template, string operation) =>
            listed.FirstOrDefault(target => target.Template.Id == template && operations.Contains(target.Instance.Name + operation))?.Instance.Name;
        DirectoryCalls Calls(string name) => new(connectors, name, timeout, time);

        var configured = operations.Contains("okta.groups.members") && TemplateOf(Okta) is null ? Okta : null;
        if ((wanted?.Connector ?? configured ?? First(Okta, FindUsers) ?? First(Entra, FindUsers)) is not { } name)
        {
            return null;
        }

        var template = TemplateOf(name);
        if (!operations.Contains(name + (template == Workday ? FindWorkers : FindUsers)))
        {
            throw new DirectoryUnavailableException($"The tenant's directory, {name}, is not connected.");
        }

        return new(
            template == Workday ? new WorkdayPeople(Calls(name)) : new IdentityPeople(Calls(name), template == Entra),
            (wanted?.Absences ?? First(Entra, FindReplies) ?? (template == Workday ? name : null)) switch
            {
                { } absences when operations.Contains(absences + FindReplies) => new MailboxAbsences(Calls(absences)),
                { } absences when operations.Contains(absences + FindTimeOff) => new WorkdayAbsences(Calls(absences), absences == name, ZoneOf(wanted), time),
                _ => null,
            });
    }

    /// <summary>When a person is out of office. Where that cannot be asked nothing is known: whoever is asked in vain is waited for no longer than the rules say.</summary>
    public async Task<IReadOnlyList<Absence>> FindAbsencesAsync(DirectoryEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            return Absences is null ? [] : await Absences.FindAsync(entry, cancellationToken);
        }
        catch (DirectoryUnavailableException)
        {
            return [];
        }
    }

    // A zone that this machine does not know counts as UTC: hours too early or late, and not as if nobody were away.
    private static TimeZoneInfo ZoneOf(TenantDirectoryOptions? wanted) => wanted?.TimeZone is { } id && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : TimeZoneInfo.Utc;
}
