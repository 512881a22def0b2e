using Steward.Engines.Security;
using Steward.Engines.Security.Jwt;
using Steward.Gateway;

namespace Steward.Host.Demo;

/// <summary>The people that the local chat page offers: an employee, a help desk agent, an admin.</summary>
internal sealed class DemoEmployees(DevelopmentTokenIssuer issuer) : IDemoEmployees
{
    /// <inheritdoc/>
    public IReadOnlyList<DemoEmployee> List() =>
    [
        .. DemoTenant.Featured.Select(person => new DemoEmployee { Name = person.Identity.Name!, Title = person.Title, Token = issuer.Issue(person.Identity) }),
    ];
}
