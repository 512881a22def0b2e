using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Steward.Client;
using Steward.Connectors;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

/// <summary>Connectors over HTTP.</summary>
public class ConnectorApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Connector_Life_OverTheHttpClient()
    {
        await using var services = Connect("u-admin", WellKnownRoles.Admin);
        var connectors = services.GetRequiredService<IStewardUserClient>().Connectors;
        Assert.Equal("okta", Assert.Single(await connectors.ListTemplatesAsync("okta & co")).TemplateId);
        Assert.Equal("okta & co", Assert.Single(await connectors.ListTemplatesAsync("okta & co")).Description);
        Assert.Equal("id: okta", (await connectors.GetTemplateAsync("okta")).Text);
        Assert.Equal(["limits"], (await connectors.ImportTemplateAsync("openapi: 3.0.0")).Gaps);

        var created = await connectors.CreateAsync("life", new CreateConnector { TemplateId = "okta", Title = "Life" }, new Dictionary<string, SecretText> { ["token"] = new("s3cret-token") });
        Assert.Equal(("life", "unverified", 1L), (created.Name, created.State, created.Revision));
        Assert.Equal("s3cret-token", gateway.Cluster.Connectors.Secrets["life/token"]);
        Assert.Contains(await connectors.ListAsync(), connector => connector.Name == "life");
        Assert.Equal("Other", (await connectors.UpdateAsync("life", new UpdateConnector { Title = "Other", MappingsJson = """{"users.find":[]}""" })).Title);
        Assert.Equal("""{"users.find":[]}""", (await connectors.GetAsync("life")).MappingsJson);
        await connectors.RotateCredentialsAsync("life", new Dictionary<string, SecretText> { ["token"] = new("another-token") });
        Assert.Equal("another-token", gateway.Cluster.Connectors.Secrets["life/token"]);
        Assert.Equal("svc", (await connectors.VerifyAsync("life")).Identity);
        Assert.StartsWith("https://life.example/authorize", await connectors.BeginSignInAsync("life", "https://app.example/back"), StringComparison.Ordinal);
        await connectors.CompleteSignInAsync("life", "state", new SecretText("code"));
        Assert.Equal("oktas.find", Assert.Single(await connectors.ListOperationsAsync("life")).Operation);
        var entry = Assert.Single((await connectors.ListAuditAsync("life", before: 8, limit: 20)).Entries);
        Assert.Equal(3, (await connectors.ListAuditAsync("life", before: 8, limit: 20)).NextBefore);
        Assert.Equal((7L, "life", 20.0), (entry.Sequence, entry.Instance, entry.Duration.TotalMilliseconds));
        await connectors.DeleteAsync("life");
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => connectors.GetAsync("life"))).Code);
    }

    [Fact]
    public async Task Drift_ListAndAccept_OverTheHttpClient()
    {
        await using var services = Connect("u-drift", WellKnownRoles.Admin);
        var connectors = services.GetRequiredService<IStewardUserClient>().Connectors;
        var created = await connectors.CreateAsync("drifted", new CreateConnector { TemplateId = "okta" }, new Dictionary<string, SecretText>());
        gateway.Cluster.Connectors.Instances["drifted"] = created with
        {
            ForecastSeconds = 90,
            Drift = [new ConnectorDrift { Operation = "users.get", Since = DateTimeOffset.UnixEpoch, Breaking = true, Changes = [new ConnectorSchemaChange { Path = "id", Kind = "removed", Breaking = true, Message = "was there." }], BrokenFields = ["id"], BrokenMappings = ["key"] }],
        };

        var drift = Assert.Single(await connectors.ListDriftAsync("drifted"));
        Assert.Equal(("users.get", true, "id", "id", "key"), (drift.Operation, drift.Breaking, drift.Changes[0].Path, drift.BrokenFields[0], drift.BrokenMappings[0]));
        Assert.Equal(90, (await connectors.GetAsync("drifted")).ForecastSeconds);
        Assert.Empty((await connectors.AcceptDriftAsync("drifted", "users.get")).Drift);
        Assert.Empty(await connectors.ListDriftAsync("drifted"));
    }

    [Fact]
    public async Task Mappings_TestAndSuggest_OverTheHttpClient()
    {
        await using var services = Connect("u-mapping", WellKnownRoles.Admin);
        var connectors = services.GetRequiredService<IStewardUserClient>().Connectors;
        await connectors.CreateAsync("mapped", new CreateConnector { TemplateId = "okta" }, new Dictionary<string, SecretText>());

        var trial = Assert.Single(await connectors.TestMappingsAsync("mapped", new TestMappings { Operation = "users.get", Direction = "in", MappingsJson = """[{"to":"x"}]""", SamplesJson = ["""{"a":1}"""] }));
        Assert.Equal(("""{"a":1}""", """[{"to":"x"}]""", "mapped", "in"), (trial.BeforeJson, trial.AfterJson, trial.Errors[0].Path, trial.Errors[0].Message));
        Assert.Equal("[]", Assert.Single(await connectors.TestMappingsAsync("mapped", new TestMappings { Operation = "users.get", Direction = "out", SamplesJson = ["{}"] })).AfterJson);
        var suggested = await connectors.SuggestMappingsAsync("mapped", new SuggestMappings { Operation = "users.get", Direction = "in", Fields = ["mail"] });
        Assert.Equal(("failed", "gpt-test"), (suggested.Model, suggested.ModelName));
        Assert.Equal(("mapped", "mail", 0.5), suggested.Suggestions.Select(one => (one.From, one.To, one.Score)).Single());
        Assert.Equal("""{"mail":""}""", Assert.Single((await connectors.SuggestMappingsAsync("mapped", new SuggestMappings { Operation = "users.get", Direction = "in", SampleJson = """{"mail":""}""" })).Suggestions).To);
        using var admin = Admin("u-mapping");
        await AssertProblem(await admin.PostAsync("/v1/connectors/mapped/mappings/test", Json("""{"operation":"users.get","direction":"in","samples":5}""")), 400, "invalid_argument", "samples");
        await AssertProblem(await admin.PostAsync("/v1/connectors/nobody/mappings/suggest", Json("""{"operation":"users.get","direction":"in","fields":["a"]}""")), 404, "not_found");
    }

    [Fact]
    public async Task Call_FailureOfTheSystem_IsAResult()
    {
        gateway.Cluster.Connectors.Answer = new ConnectorCallResult { Outcome = "rate_limited", Message = "Too many.", IsRetryable = true, RetryAfter = TimeSpan.FromSeconds(7) };
        await using var services = Connect("u-call");
        var result = await services.GetRequiredService<IStewardUserClient>().Connectors.CallAsync(
            new ConnectorCallCommand { Instance = "okta", Operation = "users.find", ArgumentsJson = """{"query":"ada"}""", ActionId = "mine" });

        Assert.Equal(("rate_limited", 7.0, true), (result.Outcome, result.RetryAfter!.Value.TotalSeconds, result.IsRetryable));
        var call = gateway.Cluster.Connectors.Calls.Last();
        // Nobody's repetition is taken for another person's.
        Assert.Equal(("okta", "users.find", """{"query":"ada"}""", "u-call/mine"), (call.Instance, call.Operation, call.ArgumentsJson, call.ActionId));
    }

    [Fact]
    public async Task Choices_OfAnArgument_AreAskedForWithWhatIsKnown()
    {
        gateway.Cluster.Connectors.Answer = new ConnectorCallResult { Outcome = "succeeded", ResultJson = """{"kind":"values","values":[{"value":"1","title":"One"}],"truncated":false}""" };
        await using var services = Connect("u-choices");

        var result = await services.GetRequiredService<IStewardUserClient>().Connectors.ListChoicesAsync("desk", "records.create", "list & more", """{"owner":"a&b"}""");

        Assert.Equal("""{"kind":"values","values":[{"value":"1","title":"One"}],"truncated":false}""", result.ResultJson);
        var call = gateway.Cluster.Connectors.Calls.Last(call => call.ChoicesOf is not null);
        Assert.Equal(("desk", "records.create", "list & more", """{"owner":"a&b"}"""), (call.Instance, call.Operation, call.ChoicesOf, call.ArgumentsJson));
    }

    [Fact]
    public async Task Undo_WhatTheAnswerSaid_IsHandedOn()
    {
        gateway.Cluster.Connectors.Answer = new ConnectorCallResult { Outcome = "succeeded", ResultJson = "{}", UndoneBy = "users.unsuspend", UndoArgumentsJson = """{"userId":"7"}""" };
        await using var services = Connect("u-undo");
        var connectors = services.GetRequiredService<IStewardUserClient>().Connectors;
        var done = await connectors.CallAsync(new ConnectorCallCommand { Instance = "okta", Operation = "users.suspend", ArgumentsJson = """{"userId":"7"}""", ActionId = "mine" });
        Assert.Equal(("users.unsuspend", """{"userId":"7"}"""), (done.UndoneBy, done.UndoArgumentsJson));

        await connectors.UndoAsync(new ConnectorCallCommand { Instance = "okta", Operation = "users.suspend", ArgumentsJson = done.UndoArgumentsJson!, ActionId = "mine" });
        var call = gateway.Cluster.Connectors.Calls.Last(call => call.ActionId == "u-undo/mine" && call.Undo);
        Assert.Equal(("okta", "users.suspend", """{"userId":"7"}"""), (call.Instance, call.Operation, call.ArgumentsJson));

        // With the id as the answer said it, and with somebody else's.
        using var ada = gateway.As("u-undo");
        var own = await BodyOf(await ada.PostAsync("/v1/connectors/okta/operations/users.suspend/undo", Json("""{"actionId":"u-undo/mine","arguments":{}}""")));
        Assert.Equal("u-undo/mine/undo", own.GetProperty("actionId").GetString());
        var other = await BodyOf(await ada.PostAsync("/v1/connectors/okta/operations/users.suspend/undo", Json("""{"actionId":"u-eve/hers","arguments":{}}""")));
        Assert.Equal("u-undo/u-eve/hers/undo", other.GetProperty("actionId").GetString());
        await AssertProblem(await ada.PostAsync("/v1/connectors/okta/operations/users.suspend/undo", Json("""{"arguments":{}}""")), 400, "invalid_argument", "actionId");
    }

    [Theory]
    [InlineData("""{"name":"x1","templateId":"okta","colour":"blue"}""", "colour", "is not a field")]
    [InlineData("""{"name":"x1","templateId":"okta","secrets":"token"}""", "secrets", "must be")]
    [InlineData("""{"name":5,"templateId":"okta"}""", "name", "must be a string")]
    public async Task Create_WrongField_IsRefusedByName(string body, string field, string allowed)
    {
        using var admin = Admin("u-wrong");
        using var response = await admin.PostAsync("/v1/connectors", Json(body));
        var problem = await BodyOf(response);

        Assert.Equal((HttpStatusCode.BadRequest, field), (response.StatusCode, problem.GetProperty("field").GetString()));
        Assert.Contains(allowed, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_ByAnEmployee_AreForbidden()
    {
        using var ada = gateway.As("u-employee");
        await AssertProblem(await ada.PostAsync("/v1/connectors", Json("""{"name":"mine","templateId":"okta"}""")), 403, "forbidden");
        await AssertProblem(await ada.GetAsync("/v1/connectors"), 403, "forbidden");
        await AssertProblem(await ada.GetAsync("/v1/connector-audit"), 403, "forbidden");
        await AssertProblem(await ada.GetAsync("/v1/connectors/okta/drift"), 403, "forbidden");
        await AssertProblem(await ada.PostAsync("/v1/connectors/okta/drift/users.get/accept", null), 403, "forbidden");
        await AssertProblem(await ada.GetAsync("/v1/connector-audit?limit=0"), 400, "invalid_argument", "limit");
    }

    [Fact]
    public async Task Import_SomeOperations_AreHandedOn()
    {
        await using var services = Connect("u-some", WellKnownRoles.Admin);

        Assert.Equal(["get_users", "a&b"], (await services.GetRequiredService<IStewardUserClient>().Connectors.ImportTemplateAsync("openapi: 3.0.0", ["get_users", "a&b"])).Warnings);
    }

    [Fact]
    public async Task Create_LargeTemplateOfOnesOwn_IsTakenUpToItsBound()
    {
        await using var services = Connect("u-large", WellKnownRoles.Admin);
        var connectors = services.GetRequiredService<IStewardUserClient>().Connectors;

        var created = await connectors.CreateAsync("large", new CreateConnector { TemplateText = string.Concat(Enumerable.Repeat("a: \"b\"\n", 400_000)) }, new Dictionary<string, SecretText>());
        Assert.Equal("own-2800000", created.TemplateId);

        using var admin = Admin("u-large");
        admin.DefaultRequestHeaders.ExpectContinue = true;
        using var response = await admin.PostAsync("/v1/connectors", Json($$"""{"name":"larger","template":"{{new string('x', 8 * 1024 * 1024)}}"}"""));
        await AssertProblem(response, 413, "too_large");
    }

    [Fact]
    public async Task Diff_WithAndWithoutConnector_OverTheHttpClient()
    {
        await using var services = Connect("u-diff", WellKnownRoles.Admin);
        var connectors = services.GetRequiredService<IStewardUserClient>().Connectors;
        await connectors.CreateAsync("differing", new CreateConnector { TemplateId = "okta" }, new Dictionary<string, SecretText>());

        var comparison = await connectors.CompareSpecificationsAsync("openapi: 3.0.0", "openapi: 3.1.0", "differing");
        Assert.Equal((true, "openapi: 3.0.0", 14), (comparison.Breaking, Assert.Single(comparison.Removed), comparison.AddedCount));
        Assert.Equal(("GET /users", "id", "removed"), (comparison.Changed[0].Operation, comparison.Changed[0].Results[0].Path, comparison.Changed[0].Results[0].Kind));
        Assert.Equal(("differing", "key"), (Assert.Single(comparison.Breaks!).Operation, comparison.Breaks![0].BrokenMappings[0]));
        Assert.Null((await connectors.CompareSpecificationsAsync("a", "a")).Breaks);
    }

    [Fact]
    public async Task Diff_Wrong_IsAProblem()
    {
        using var ada = gateway.As("u-plain-diff");
        await AssertProblem(await ada.PostAsync("/v1/connector-templates/diff", Json("""{"before":"a","after":"b"}""")), 403, "forbidden");
        using var admin = Admin("u-wrong-diff");
        await AssertProblem(await admin.PostAsync("/v1/connector-templates/diff", Json("""{"before":"a"}""")), 400, "invalid_argument");
        await AssertProblem(await admin.PostAsync("/v1/connector-templates/diff", Json("""{"before":"a","after":"b","connector":"nowhere"}""")), 404, "not_found");
        admin.DefaultRequestHeaders.ExpectContinue = true;
        using var large = Json($$"""{"before":"a","after":"{{new string('x', 20 * 1024 * 1024)}}"}""");
        await AssertProblem(await admin.PostAsync("/v1/connector-templates/diff", large), 413, "too_large");
    }

    [Fact]
    public async Task Import_TooLarge_IsRefused()
    {
        using var admin = Admin("u-import");
        admin.DefaultRequestHeaders.ExpectContinue = true;
        using var document = new StringContent(new string(' ', (8 * 1024 * 1024) + 1));
        await AssertProblem(await admin.PostAsync("/v1/connector-templates/import", document), 413, "too_large");
    }

    private HttpClient Admin(string user)
    {
        var client = gateway.As(user);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Token(user, "t-acme", WellKnownRoles.Admin));
        return client;
    }

    private ServiceProvider Connect(string user, params string[] roles) => HttpClientTests.Connect(gateway.Address, token: gateway.Token(user, "t-acme", roles));
}
