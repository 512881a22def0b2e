using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Pipeline;

/// <summary>Files go to an address that Slack names: only where nothing is given away by that, and without the token.</summary>
public sealed class SlackFileTests : IAsyncLifetime
{
    private FakeVendor _vendor = null!;

    public async Task InitializeAsync() => _vendor = await FakeVendor.StartAsync();

    public async Task DisposeAsync() => await _vendor.DisposeAsync();

    [Theory]
    [InlineData("https://evil.example/upload")]
    [InlineData("http://127.0.0.1:1/upload")]
    [InlineData("file:///etc/passwd")]
    [InlineData("/upload")]
    [InlineData("")]
    public async Task Upload_AddressOfAnotherServer_IsNotFollowed(string address)
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, JsonSerializer.Serialize(new { ok = true, file_id = "F012ABCDEF", upload_url = address }));

        var failed = Assert.IsType<ActionFailed>(await UploadAsync());

        Assert.Equal("bad_response", failed.Code);
        Assert.Equal("/files.getUploadURLExternal", Assert.Single(_vendor.Requests).Path);
    }

    [Fact]
    public async Task Upload_AddressOfTheSameServer_GetsTheBytesAndNoToken()
    {
        _vendor.Answer = (request, http) => FakeVendor.Json(
            http, JsonSerializer.Serialize(request.Path == "/files.getUploadURLExternal" ? new { ok = true, file_id = "F012ABCDEF", upload_url = new Uri(_vendor.Url, "/upload/v1/x").AbsoluteUri } : (object)new { ok = true }));

        var succeeded = Assert.IsType<ActionSucceeded>(await UploadAsync());

        Assert.Equal("""{"id":"F012ABCDEF","name":"log.txt","size":3}""", succeeded.Result.GetRawText());
        Assert.Equal(["/files.getUploadURLExternal", "/upload/v1/x", "/files.completeUploadExternal"], _vendor.Requests.Select(request => request.Path));
        Assert.Equal(["Bearer " + Piped.Secret, null, "Bearer " + Piped.Secret], _vendor.Requests.Select(request => request.Authorization));
    }

    [Theory]
    [InlineData("https://files.slack.com/upload/v1/x", "https://slack.com/api", true)]
    [InlineData("https://slack.com.evil.example/x", "https://slack.com/api", false)]
    [InlineData("https://evilslack.com/x", "https://slack.com/api", false)]
    [InlineData("http://files.slack.com/x", "https://slack.com/api", false)]
    [InlineData("https://files.slack.com:8443/x", "https://slack.com/api", false)]
    [InlineData("https://u:p@files.slack.com/x", "https://slack.com/api", false)]
    [InlineData("https://files.slack.com/x", "http://slack.com/api", false)]
    [InlineData("https://10.0.0.1/x", "https://0.0.1/api", false)]
    public void IsBelow_Addresses_OnlyHostsBelowTheInstancesOwnByHttps(string address, string baseUrl, bool below) =>
        Assert.Equal(below, SendStep.IsBelow(new Uri(address), new Uri(baseUrl)));

    private async Task<ActionOutcome> UploadAsync()
    {
        var template = TemplateCatalog.Find("slack")!.Template;
        var instance = new ConnectorInstance
        {
            TenantId = "t-acme", Name = "sut", Title = "Slack", TemplateId = template.Id, TemplateVersion = template.Version, TemplateHash = "", BaseUrl = _vendor.Url.ToString(),
            AuthId = "bot", Operations = ["files.upload"],
        };
        await using var provider = new ServiceCollection().AddStewardConnectors(options => options.AllowPrivateAddresses = true).BuildServiceProvider();
        return await provider.GetRequiredService<IConnectorPipeline>().ExecuteAsync(
            new ConnectorCallRequest
            {
                Target = new ResolvedInstance(instance, template),
                Gate = new InProcessGate(template, new FixedCredential(new Credential(1, new Dictionary<string, SecretText> { ["token"] = new(Piped.Secret) })), TimeProvider.System, new Random(1)),
                Operation = template.Operations.First(known => known.Id == "files.upload"),
                Arguments = JsonElement.Parse("""{"channel":"C012ABCDEF","fileName":"log.txt","content":"bG9n"}"""),
                ActionId = "action-1",
            },
            default);
    }
}
