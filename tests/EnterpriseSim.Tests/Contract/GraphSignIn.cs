using System.Web;

namespace Steward.EnterpriseSim.Tests.Contract;

/// <summary>Gets tokens of the simulated Entra ID.</summary>
internal static class GraphSignIn
{
    public static async Task<Answer> AppAsync(EnterpriseSimulation sim, string? secret = null)
    {
        using var client = new SimClient(sim.Graph, null);
        return await client.SendAsync(HttpMethod.Post, TokenPath(sim), SimClient.Form(
            ("client_id", sim.Credentials.GraphClientId), ("client_secret", secret ?? sim.Credentials.GraphClientSecret), ("grant_type", "client_credentials"), ("scope", "https://graph.microsoft.com/.default")));
    }

    public static async Task<Answer> PersonAsync(EnterpriseSimulation sim, string login)
    {
        const string redirect = "http://127.0.0.1:1/callback";
        using var client = new SimClient(sim.Graph, null);
        var page = await client.GetAsync($"/{sim.Credentials.GraphDirectoryId}/oauth2/v2.0/authorize?client_id={sim.Credentials.GraphClientId}&redirect_uri={Uri.EscapeDataString(redirect)}&state=s&login_hint={login}");
        var code = HttpUtility.ParseQueryString(new Uri(page.Header("Location")).Query)["code"]!;
        return await client.SendAsync(HttpMethod.Post, TokenPath(sim), SimClient.Form(
            ("client_id", sim.Credentials.GraphClientId), ("client_secret", sim.Credentials.GraphClientSecret), ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect), ("scope", "offline_access Chat.ReadWrite")));
    }

    public static Dictionary<string, string> Credential(Answer token) => new() { ["access_token"] = (string)token.Body!["access_token"]! };

    private static string TokenPath(EnterpriseSimulation sim) => $"/{sim.Credentials.GraphDirectoryId}/oauth2/v2.0/token";
}
