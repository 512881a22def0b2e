using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Steward.Client;
using Steward.Identity;
using Steward.Models;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

/// <summary>Budgets and costs over HTTP.</summary>
public class ModelBudgetApiTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const string Body = """{"scope":"team","subject":"ops","unit":"usd","window":"month","limit":1000.5,"timeZone":"Europe/Berlin"}""";

    [Fact]
    public async Task Budget_IsSetListedAndDeleted()
    {
        using var root = Admin();
        using var set = await root.PutAsync("/v1/model-budgets/ops-month", Json(Body));

        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        var spec = (await BodyOf(await root.GetAsync("/v1/model-budgets"))).GetProperty("budgets").EnumerateArray().Single(budget => budget.GetProperty("spec").GetProperty("id").GetString() == "ops-month");
        Assert.Equal((1000.5m, "Europe/Berlin", 0.8), (spec.GetProperty("spec").GetProperty("limit").GetDecimal(), spec.GetProperty("spec").GetProperty("timeZone").GetString(), spec.GetProperty("spec").GetProperty("alertAt").GetDouble()));
        Assert.Equal(12.5m, spec.GetProperty("use")[0].GetProperty("used").GetDecimal());
        Assert.Equal(HttpStatusCode.NoContent, (await root.DeleteAsync("/v1/model-budgets/ops-month")).StatusCode);
        Assert.DoesNotContain("ops-month", gateway.Cluster.ModelBudgets.Specs.Keys);
    }

    [Theory]
    [InlineData("""{"scope":"team","unit":"usd","window":"month","limit":"much"}""", "limit")]
    [InlineData("""{"scope":"company","unit":"usd","window":"month","limit":1}""", "scope")]
    [InlineData("""{"scope":"team","unit":"usd","window":"month","limit":1,"currency":"EUR"}""", "currency")]
    public async Task Set_BadBody_NamesTheField(string body, string field)
    {
        using var root = Admin();
        await AssertProblem(await root.PutAsync("/v1/model-budgets/b", Json(body)), 400, "invalid_argument", field);
    }

    [Fact]
    public async Task Budgets_OthersThanAdmins_AreRefused()
    {
        using var ada = gateway.As();
        await AssertProblem(await ada.GetAsync("/v1/model-budgets"), 403, "forbidden");
        await AssertProblem(await ada.GetAsync("/v1/model-costs?fromDay=2026-11-01&toDay=2026-11-02"), 403, "forbidden");
    }

    [Theory]
    [InlineData("", "fromDay")]
    [InlineData("?fromDay=2026-11-01", "toDay")]
    [InlineData("?fromDay=yesterday&toDay=2026-11-01", "fromDay")]
    [InlineData("?fromDay=2026-11-01&toDay=2026-11-01&format=xml", "format")]
    public async Task Costs_BadQuery_NamesTheField(string query, string field)
    {
        using var root = Admin();
        await AssertProblem(await root.GetAsync("/v1/model-costs" + query), 400, "invalid_argument", field);
    }

    [Fact]
    public async Task Costs_AsCsv_AreQuotedAndNoFormula()
    {
        gateway.Cluster.ModelBudgets.Row = new ModelCostRow { Keys = ["=cmd()", "a,\"b\""], Calls = 2, CostUsd = 0.000000001m, InputTokens = 7 };
        using var root = Admin();
        using var response = await root.GetAsync("/v1/model-costs?fromDay=2026-11-01&toDay=2026-11-30&by=team,tag:project&format=csv");

        Assert.Equal("text/csv", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(
            "team,tag:project,calls,cached_calls,input_tokens,cached_input_tokens,output_tokens,cost_usd,unpriced_calls,estimated_calls\r\n'=cmd(),\"a,\"\"b\"\"\",2,0,7,0,0,0.000000001,0,0\r\n",
            await response.Content.ReadAsStringAsync());
        Assert.Equal(["team", "tag:project"], gateway.Cluster.ModelBudgets.Asked!.By);
    }

    [Fact]
    public async Task Client_OverHttp_SaysTheSame()
    {
        await using var services = HttpClientTests.Connect(gateway.Address, token: gateway.Token("u-root", "t-acme", WellKnownRoles.Admin));
        var budgets = services.GetRequiredService<IStewardUserClient>().ModelBudgets;
        var spec = new ModelBudgetSpec { Id = "by-client", Scope = "team", Unit = "requests", Window = "minute", Limit = 60, CountsCached = true };

        Assert.Equal(spec, (await budgets.SetAsync(spec)).Spec);
        Assert.Contains(await budgets.ListAsync(), budget => budget.Spec == spec);
        var report = await budgets.GetCostsAsync(new ModelCostReportQuery { FromDay = new DateOnly(2026, 11, 1), ToDay = new DateOnly(2026, 11, 2), By = ["user", "tag:a b"] });
        Assert.Equal(["user", "tag:a b"], report.By);
        await budgets.DeleteAsync("by-client");
        Assert.DoesNotContain("by-client", gateway.Cluster.ModelBudgets.Specs.Keys);
    }

    private HttpClient Admin()
    {
        var client = gateway.As("u-root");
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", gateway.Token("u-root", "t-acme", WellKnownRoles.Admin));
        return client;
    }
}
