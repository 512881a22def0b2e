using System.Globalization;
using System.Net.Mime;
using System.Text;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Models;

namespace Steward.Gateway.Api;

/// <summary>Budgets of model calls, and what these cost.</summary>
internal static class ModelBudgetEndpoints
{
    private const string DefaultBy = "day,team,user,feature,model";

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/model-budgets", (Delegate)ListAsync)
            .WithName("listModelBudgets")
            .WithTags("Model budgets")
            .WithSummary("List budgets")
            .WithDescription("The budgets by name, and what is used of them now, most first. Admins and auditors.")
            .Produces<ModelBudgetListResource>()
            .WithProblems(401, 403, 429, 503);
        v1.MapPut("/model-budgets/{budgetId}", (Delegate)SetAsync)
            .WithName("setModelBudget")
            .WithTags("Model budgets")
            .WithSummary("Set a budget")
            .WithDescription(
                "Creates it, or changes its limit, time zone, subject or alert; what it has counted stays. Scope, unit and window cannot be changed. Servers at work for the tenant know it within five seconds. Idempotent. Admins only.")
            .Accepts<SetModelBudgetRequest>("application/json")
            .Produces<ModelBudget>()
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        v1.MapDelete("/model-budgets/{budgetId}", (Delegate)DeleteAsync)
            .WithName("deleteModelBudget")
            .WithTags("Model budgets")
            .WithSummary("Delete a budget")
            .WithDescription("With what it has counted. Idempotent. Admins only.")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(401, 403, 429, 503);
        v1.MapGet("/model-costs", (Delegate)GetCostsAsync)
            .WithName("getModelCosts")
            .WithTags("Model budgets")
            .WithSummary("Export costs")
            .WithDescription(
                "What model calls cost, from one day to another (UTC, at most 366 days), added up by what the parameter by names, separated by commas: day, team, user, feature, model, provider, tier, prompt (its registered version, as name@3), outcome, tag:KEY. As JSON, or as "
                + "comma-separated text with format=csv. Admins and auditors.")
            .Produces<ModelCostReport>()
            .WithProblems(400, 401, 403, 409, 429, 503);
    }

    private static async Task ListAsync(HttpContext context)
    {
        var resource = new ModelBudgetListResource { Budgets = await Caller.Of(context).Client.ModelBudgets.ListAsync(context.RequestAborted) };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, ModelBudgetWireJson.Default.ModelBudgetListResource);
    }

    private static async Task SetAsync(HttpContext context, string budgetId, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ModelBudgetWireJson.Default.SetModelBudgetRequest, options.Value.MaxBodyBytes);
        var spec = new ModelBudgetSpec
        {
            Id = budgetId,
            Scope = body.Scope,
            Subject = body.Subject,
            Unit = body.Unit,
            Window = body.Window,
            Limit = body.Limit,
            TimeZone = body.TimeZone ?? "UTC",
            AlertAt = body.AlertAt ?? 0.8,
            CountsCached = body.CountsCached ?? false,
        };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.ModelBudgets.SetAsync(spec, context.RequestAborted), ModelBudgetWireJson.Default.ModelBudget);
    }

    private static async Task DeleteAsync(HttpContext context, string budgetId)
    {
        await Caller.Of(context).Client.ModelBudgets.DeleteAsync(budgetId, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task GetCostsAsync(HttpContext context, [FromQuery] string? fromDay, [FromQuery] string? toDay, [FromQuery] string? by, [FromQuery] string? format)
    {
        if (format is not (null or "" or "json" or "csv"))
        {
            throw StewardException.Invalid("format", "must be json or csv.");
        }

        var query = new ModelCostReportQuery { FromDay = Day(fromDay, "fromDay"), ToDay = Day(toDay, "toDay"), By = (string.IsNullOrEmpty(by) ? DefaultBy : by).Split(',') };
        var report = await Caller.Of(context).Client.ModelBudgets.GetCostsAsync(query, context.RequestAborted);
        if (format != "csv")
        {
            await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, report, ModelBudgetWireJson.Default.ModelCostReport);
            return;
        }

        var csv = Encoding.UTF8.GetBytes(ModelCostCsv.Write(report));
        var response = context.Response;
        response.ContentType = "text/csv; charset=utf-8";
        response.ContentLength = csv.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentDisposition = new ContentDisposition { FileName = string.Create(CultureInfo.InvariantCulture, $"model-costs-{report.FromDay:yyyyMMdd}-{report.ToDay:yyyyMMdd}.csv") }.ToString();
        await response.Body.WriteAsync(csv, context.RequestAborted);
    }

    private static DateOnly Day(string? text, string field) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
        ? day
        : throw StewardException.Invalid(field, "must be a day, such as 2026-11-22.");
}
