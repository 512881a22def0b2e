using Steward.EnterpriseSim;

namespace Steward.Host.Capabilities;

/// <summary>Connects the demo tenant to the simulated systems of this process.</summary>
internal static class SimulatedSystems
{
    /// <summary>The settings under <c>Steward:Connectors</c>.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Connectors(string tenantId, EnterpriseSimulation simulation)
    {
        var credentials = simulation.Credentials;
        var prefix = $"Steward:Connectors:{tenantId}:";
        return new Dictionary<string, string?>
        {
            // The simulated systems are on this machine; instances of the demo tenant may reach them, too.
            [prefix + "AllowPrivateAddresses"] = "true",
            [prefix + "okta:BaseUrl"] = simulation.Okta.ToString(),
            [prefix + "okta:Token"] = credentials.OktaApiToken,
            [prefix + "servicenow:BaseUrl"] = simulation.ServiceNow.ToString(),
            [prefix + "servicenow:User"] = credentials.ServiceNowUser,
            [prefix + "servicenow:Password"] = credentials.ServiceNowPassword,
            [prefix + "jira:BaseUrl"] = simulation.Jira.ToString(),
            [prefix + "jira:User"] = credentials.JiraEmail,
            [prefix + "jira:Token"] = credentials.JiraApiToken,
            [prefix + "salesforce:BaseUrl"] = simulation.Salesforce.ToString(),
            [prefix + "salesforce:ClientId"] = credentials.SalesforceClientId,
            [prefix + "salesforce:ClientSecret"] = credentials.SalesforceClientSecret,
        };
    }
}
