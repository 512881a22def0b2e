using System.Net;
using System.Net.Http.Headers;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Execution;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>Uses credentials as the chain does: asks, calls, renews once when the system refuses.</summary>
internal static class Caller
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 64 });

    /// <summary>One call.</summary>
    /// <returns><c>ok</c>, or the code of the refusal.</returns>
    public static async Task<string> CallAsync(InstanceCredentials credentials, Uri server)
    {
        var answer = await credentials.GetAsync(null);
        for (var attempt = 0; ; attempt++)
        {
            if (answer.Credential is not { } credential)
            {
                return answer.Refusal!;
            }

            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, "/api"));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential.Values["access_token"].Reveal());
            using var response = await Http.SendAsync(request);
            if (response.StatusCode != HttpStatusCode.Unauthorized || attempt == 4)
            {
                return response.IsSuccessStatusCode ? "ok" : FailureCodes.Unauthenticated;
            }

            answer = await credentials.RenewAsync(null, credential.Generation);
        }
    }
}
