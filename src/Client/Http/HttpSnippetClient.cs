using System.Text.Json;
using Steward.Sandbox;

namespace Steward.Client.Http;

/// <summary>A tenant's snippets over a gateway's HTTP API.</summary>
internal sealed class HttpSnippetClient(HttpStewardUserClient http) : ISnippetClient
{
    private const string Root = "v1/sandbox/snippets";
    private const string Settings = "v1/sandbox/snippet-settings";

    private static readonly SnippetWireJson Json = SnippetWireJson.Default;
    private static readonly SnippetWireJson Answers = SnippetWireJson.Forgiving;

    /// <inheritdoc/>
    public async Task<bool> IsEnabledAsync(CancellationToken cancellationToken = default) =>
        On(await http.SendAsync("snippets.is-enabled", changes: false, static () => new HttpRequestMessage(HttpMethod.Get, Settings), Answers.SnippetSettingsResource, cancellationToken));

    /// <inheritdoc/>
    public async Task<bool> ConfigureAsync(bool isEnabled, CancellationToken cancellationToken = default)
    {
        var body = new SnippetSettingsResource { Enabled = isEnabled };
        return On(await http.SendAsync(
            "snippets.configure",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Put, Settings) { Content = HttpStewardUserClient.Body(body, Json.SnippetSettingsResource) },
            Answers.SnippetSettingsResource,
            cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SandboxSnippet>> ListAsync(CancellationToken cancellationToken = default)
    {
        var list = await http.SendAsync("snippets.list", changes: false, static () => new HttpRequestMessage(HttpMethod.Get, Root), Answers.SnippetListResource, cancellationToken);
        return [.. list.Snippets.Select(Read)];
    }

    /// <inheritdoc/>
    public async Task<SandboxSnippet> ProposeAsync(string executionId, string title, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(executionId);
        ArgumentNullException.ThrowIfNull(title);
        var body = new ProposeSnippetRequest { ExecutionId = executionId, Title = title };
        return Read(await http.SendAsync(
            "snippets.propose",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Post, Root) { Content = HttpStewardUserClient.Body(body, Json.ProposeSnippetRequest) },
            Answers.SnippetResource,
            cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<SandboxSnippet> DecideAsync(string snippetId, bool isAccepted, CancellationToken cancellationToken = default)
    {
        var path = Place(snippetId) + "/decide";
        var body = new DecideSnippetRequest { Accepted = isAccepted };
        return Read(await http.SendAsync(
            "snippets.decide",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Post, path) { Content = HttpStewardUserClient.Body(body, Json.DecideSnippetRequest) },
            Answers.SnippetResource,
            cancellationToken));
    }

    /// <inheritdoc/>
    public Task RemoveAsync(string snippetId, CancellationToken cancellationToken = default)
    {
        var path = Place(snippetId);
        return http.SendWithoutAnswerAsync("snippets.remove", () => new HttpRequestMessage(HttpMethod.Delete, path), cancellationToken);
    }

    private static string Place(string snippetId)
    {
        ArgumentException.ThrowIfNullOrEmpty(snippetId);
        return $"{Root}/{Uri.EscapeDataString(snippetId)}";
    }

    private static bool On(SnippetSettingsResource settings) => settings.Enabled ?? throw HttpStewardUserClient.Unreadable();

    private static SandboxSnippet Read(SnippetResource resource)
    {
        try
        {
            return resource.ToContract();
        }
        catch (JsonException exception)
        {
            throw HttpStewardUserClient.Unreadable(exception);
        }
    }
}
