using Steward.Client;
using Steward.Engines.Security;
using Steward.EnterpriseSim;
using Steward.Identity;
using Steward.Tenants;

namespace Steward.Host.Demo;

/// <summary>The demo tenant and its employees: those of the simulated company.</summary>
internal static class DemoTenant
{
    public const string Id = "t-acme";
    public const string Name = "Acme";

    /// <summary>The employee that commands use when none is named.</summary>
    public const string DefaultEmployee = "ada.lovelace";

    private static readonly Company Acme = Company.Acme();

    /// <summary>The employees by login.</summary>
    public static IEnumerable<string> Employees => Acme.People.Where(person => person.Status != "DEPROVISIONED").Select(person => person.Login);

    /// <summary>One person of each kind, for the chat page.</summary>
    public static IEnumerable<(EnvelopeIdentity Identity, string Title)> Featured => Acme.People
        .Where(person => person.Login is DefaultEmployee or "sam.patel" || person.Admin)
        .Select(person => (Identity(person), person.Title));

    /// <summary>One who may configure the tenant.</summary>
    public static EnvelopeIdentity Admin { get; } = Identity(Acme.People.First(person => person.Admin));

    /// <summary>Creates the tenant unless it exists.</summary>
    public static async Task EnsureAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var tenants = services.GetRequiredService<IStewardClient>().Tenants;
        if (await tenants.GetProfileAsync(Id, cancellationToken) is null)
        {
            await tenants.ConfigureAsync(Id, new TenantProfile { Name = Name }, cancellationToken);
        }
    }

    /// <summary>The identity of an employee, or null when there is none with this login.</summary>
    public static EnvelopeIdentity? Find(string login)
    {
        var person = Acme.People.FirstOrDefault(candidate =>
            string.Equals(candidate.Login, login, StringComparison.OrdinalIgnoreCase)
            || string.Equals(candidate.Email, login, StringComparison.OrdinalIgnoreCase));
        return person is null or { Status: "DEPROVISIONED" } ? null : Identity(person);
    }

    private static EnvelopeIdentity Identity(Person person)
    {
        List<string> roles = ["employee"];
        if (string.Equals(person.Department, "IT", StringComparison.Ordinal) && person.Title.Contains("Help Desk", StringComparison.OrdinalIgnoreCase))
        {
            roles.Add(WellKnownRoles.HelpDesk);
        }

        if (person.Admin)
        {
            roles.Add(WellKnownRoles.HelpDesk);
            roles.Add(WellKnownRoles.Admin);
        }

        return new EnvelopeIdentity
        {
            TenantId = Id,
            UserId = "u-" + person.Login.ToLowerInvariant(),
            Roles = [.. roles.Distinct()],
            Name = person.Name,
            Email = person.Email,
        };
    }
}
