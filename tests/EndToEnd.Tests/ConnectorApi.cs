using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Web;

namespace Steward.EndToEnd.Tests;

/// <summary>What an admin and people do with connectors over the HTTP API.</summary>
internal static class ConnectorApi
{
    /// <summary>Where the browser comes back to after a sign-in; nobody listens there.</summary>
    public const string Redirect = "http://127.0.0.1:9/signed-in";

    /// <summary>Sends a request and reads the answer, which must have the status.</summary>
    public static async Task<JsonElement> SendJsonAsync(this HttpClient client, HttpMethod method, string path, object? body = null, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{method} {path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? default : JsonElement.Parse(text);
    }

    public static Task<JsonElement> ConnectAsync(this HttpClient admin, object instance) => admin.SendJsonAsync(HttpMethod.Post, "v1/connectors", instance, HttpStatusCode.Created);

    /// <summary>Calls an operation, whatever becomes of it.</summary>
    public static Task<JsonElement> CallAsync(this HttpClient person, string connector, string operation, object arguments, string? actionId = null) =>
        person.SendJsonAsync(HttpMethod.Post, $"v1/connectors/{connector}/operations/{operation}/call", new { arguments, actionId });

    /// <summary>Calls an operation that must succeed, and gives its result.</summary>
    public static async Task<JsonElement> ResultAsync(this HttpClient person, string connector, string operation, object arguments, string? actionId = null)
    {
        var call = await person.CallAsync(connector, operation, arguments, actionId);
        Assert.True(call.GetProperty("outcome").GetString() == "succeeded", $"{operation}: {call}");
        return call.GetProperty("result");
    }

    /// <summary>Signs in with a browser that agrees to everything, as the login names or as the system's own choice.</summary>
    public static async Task SignInToAsync(this HttpClient person, string connector, string? login = null)
    {
        var begun = await person.SendJsonAsync(HttpMethod.Post, $"v1/connectors/{connector}/sign-in", new { redirectUri = Redirect });
        var page = begun.GetProperty("authorizeUrl").GetString()!;
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var agreed = await browser.GetAsync(login is null ? page : $"{page}&login_hint={Uri.EscapeDataString(login)}");
        Assert.True(agreed.StatusCode == HttpStatusCode.Redirect, $"{page}: {(int)agreed.StatusCode} {await agreed.Content.ReadAsStringAsync()}");
        var back = HttpUtility.ParseQueryString(agreed.Headers.Location!.Query);
        await person.SendJsonAsync(HttpMethod.Post, $"v1/connectors/{connector}/sign-in/complete", new { state = back["state"], code = back["code"] }, HttpStatusCode.NoContent);
    }

    /// <summary>Waits until something is so.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var deadline = Environment.TickCount64 + 60_000; !await condition(); await Task.Delay(50))
        {
            Assert.True(Environment.TickCount64 < deadline, $"Not within a minute: {what}.");
        }
    }
}
