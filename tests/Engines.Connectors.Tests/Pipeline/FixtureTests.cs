using System.Text.Json;
using Steward.Engines.Definitions;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Pipeline;

/// <summary>Every recorded exchange of every template of the catalogue, played by a real server.</summary>
public sealed class FixtureTests
{
    // By the text, so that a template which cannot be read fails its own test and no other.
    public static TheoryData<string> Templates => [.. TemplateCatalog.Ids.Where(HasFixtures)];

    [Theory]
    [MemberData(nameof(Templates))]
    public async Task Fixtures_Replayed_SendAndReadWhatTheySay(string id)
    {
        var template = TemplateCatalog.Find(id)!.Template;
        await using var vendor = await FakeVendor.StartAsync();
        var faults = new List<string>();
        foreach (var (fixture, at) in template.Fixtures.Select((fixture, at) => (fixture, at)))
        {
            faults.AddRange((await ReplayAsync(template, fixture, vendor)).Select(fault => $"{id}, fixture {at} ({fixture.Operation}): {fault}"));
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private static bool HasFixtures(string id)
    {
        try
        {
            return TemplateCatalog.Find(id)!.Template.Fixtures.Count > 0;
        }
        catch (DefinitionException)
        {
            return true;
        }
    }

    private static async Task<List<string>> ReplayAsync(ConnectorTemplate template, FixtureSpec fixture, FakeVendor vendor)
    {
        if (template.Operations.FirstOrDefault(operation => operation.Id == fixture.Operation) is not { Code: false })
        {
            return [];
        }

        // The values of a tenant as examples have them; answers repeat the first page only once.
        var auth = template.Auth[0];
        var fields = template.Connection.Fields.Concat(auth.Fields).ToDictionary(field => field.Name, field => field.Example ?? field.Default ?? field.Values?[0] ?? "acme");
        var credential = new Credential(1, auth.Fields.Select(field => field.Name).Append("access_token").Distinct().ToDictionary(name => name, name => new SecretText(fields.GetValueOrDefault(name, "token-value"))));
        var once = template with { Auth = [new AuthSpec { Id = auth.Id, Kind = AuthKind.ApiKey, Fields = auth.Fields, Apply = [new CredentialPlace { Header = "X-Test", Value = "signed" }] }], Retry = template.Retry with { MaxAttempts = 1 } };
        using var sut = new Piped(once, vendor.Url, credentials: new FixedCredential(credential));
        sut.Instance = sut.Instance with { AuthId = auth.Id, Fields = fields.Where(field => !template.Auth.SelectMany(way => way.Fields).Any(secret => secret.Secret && secret.Name == field.Key)).ToDictionary() };
        var before = vendor.Requests.Count;
        vendor.Answer = (_, http) =>
        {
            var isFirst = vendor.Requests.Count == before + 1;
            foreach (var (name, value) in isFirst ? fixture.Headers : new Dictionary<string, string>())
            {
                http.Response.Headers[name] = value;
            }

            return fixture.Body is { } body ? FakeVendor.Json(http, isFirst ? body.GetRawText() : "{}", fixture.Status) : Empty(http, fixture.Status);
        };
        var outcome = await sut.ExecuteAsync(fixture.Operation, fixture.Arguments);
        var faults = new List<string>();
        var sent = vendor.Requests.ElementAtOrDefault(before);
        if (fixture.Request is { } expected && $"{sent?.Method} {sent?.Path}{sent?.Query}" is var line && !IsSameLine(expected, line))
        {
            faults.Add($"sent {line} instead of {expected}.");
        }

        if (fixture.RequestBody is { } requestBody && (sent is null or { Body: "" } || !JsonElement.DeepEquals(requestBody, sent.Json)))
        {
            faults.Add($"sent the body {sent?.Body} instead of {requestBody.GetRawText()}.");
        }

        switch (outcome)
        {
            case ActionSucceeded succeeded when fixture.Error is null:
                if (fixture.Result is { } result && !IsSame(result, succeeded.Result))
                {
                    faults.Add($"gave {succeeded.Result.GetRawText()} instead of {result.GetRawText()}.");
                }

                break;
            case ActionFailed failed when failed.Code == fixture.Error:
            case ActionUnknown when fixture.Error is "unknown" or "unavailable" or "timeout":
                break;
            default:
                faults.Add($"ended with {outcome} instead of {fixture.Error ?? "success"}.");
                break;
        }

        return faults;
    }

    private static Task Empty(Microsoft.AspNetCore.Http.HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    // Parameters in any order, as decoded; a fixture may leave out those of paging.
    private static bool IsSameLine(string expected, string sent)
    {
        var (left, right) = (expected.Split('?', 2), sent.Split('?', 2));
        return Uri.UnescapeDataString(left[0]) == Uri.UnescapeDataString(right[0]) && Parameters(left).All(Parameters(right).Contains);
    }

    private static List<string> Parameters(string[] line) =>
        line.Length < 2 ? [] : [.. line[1].Split('&').Select(pair => Uri.UnescapeDataString(pair.Replace('+', ' ')))];

    // What is absent may be null.
    private static bool IsSame(JsonElement expected, JsonElement given) => (expected.ValueKind, given.ValueKind) switch
    {
        (JsonValueKind.Object, JsonValueKind.Object) =>
            expected.EnumerateObject().All(member => given.TryGetProperty(member.Name, out var value) ? IsSame(member.Value, value) : member.Value.ValueKind == JsonValueKind.Null) &&
            given.EnumerateObject().All(member => member.Value.ValueKind == JsonValueKind.Null || expected.TryGetProperty(member.Name, out _)),
        (JsonValueKind.Array, JsonValueKind.Array) =>
            expected.GetArrayLength() == given.GetArrayLength() && expected.EnumerateArray().Zip(given.EnumerateArray()).All(pair => IsSame(pair.First, pair.Second)),
        _ => JsonElement.DeepEquals(expected, given),
    };
}
