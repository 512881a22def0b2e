using Steward.Engines.Approvals.Learning;
using Steward.Engines.Approvals.Tests.Rules;

namespace Steward.Engines.Approvals.Tests.Learning;

public sealed class RequestTypeModelTests
{
    private static readonly (string Type, string[] Words)[] Kinds =
    [
        ("db_access", ["read", "orders", "database", "postgres", "table", "query", "production", "schema"]),
        ("licence", ["licence", "salesforce", "figma", "seat", "subscription", "renew", "software", "tool"]),
        ("travel", ["flight", "hotel", "train", "conference", "trip", "berlin", "booking", "travel"]),
    ];

    [Fact]
    public void Suggest_WordsOfAType_IsThatTypeWithConfidence()
    {
        var model = RequestTypeModel.Train(Past(), out var refusal)!;

        Assert.Null(refusal);
        Assert.Equal(["db_access", "licence", "travel"], model.Types);
        var suggestion = model.Suggest(Asking("I want to query the orders table of the production database"))!;
        Assert.Equal("db_access", suggestion.Type);
        Assert.InRange(suggestion.Confidence, RequestTypeModel.Precision - 0.2, 1);
        Assert.Equal(180, suggestion.LearntFrom);
    }

    [Fact]
    public void Suggest_SomebodySaidTheType_OrARunAsks_IsNothing()
    {
        var model = RequestTypeModel.Train(Past(), out _)!;
        var asking = Asking("query the orders table of the production database");

        Assert.Null(model.Suggest(asking with { Type = "travel" }));
        Assert.Null(model.Suggest(asking with { RunId = "r-1" }));
    }

    [Fact]
    public void Train_WordsThatTellNothing_IsRefused()
    {
        var random = new Random(3);
        var past = Past().Select(request => request with { Type = Kinds[random.Next(3)].Type });

        Assert.Null(RequestTypeModel.Train(past, out var refusal));
        Assert.Equal("no confidence is right often enough on requests that were held back", refusal);
    }

    [Fact]
    public void Train_TypeOfOnePersonAlone_IsNotLearnt()
    {
        var past = Past().Concat(Enumerable.Range(0, 400).Select(number => Asking($"please approve this now {number % 7}") with { Type = "approve-now", Requester = new Requester { UserId = "u-eve" } }));

        Assert.DoesNotContain("approve-now", RequestTypeModel.Train(past, out _)!.Types);
    }

    [Fact]
    public void Train_RequestsOfRunsAndWithoutAType_AreNotLearntFrom()
    {
        Assert.Null(RequestTypeModel.Train(Past().Select(request => request with { RunId = "r-1" }), out _));
        Assert.Null(RequestTypeModel.Train(Past().Select(request => request with { Type = RequestTypeModel.Unknown }), out var refusal));
        Assert.Equal("fewer than two types have 5 requests by 2 people", refusal);
    }

    private static IEnumerable<ApprovalRequest> Past()
    {
        var random = new Random(7);
        return Enumerable.Range(0, 180).Select(number =>
        {
            var (type, words) = Kinds[number % 3];
            return Asking(string.Join(' ', Enumerable.Range(0, 6).Select(_ => words[random.Next(words.Length)]))) with { Type = type, Requester = new Requester { UserId = $"u-{number % 11}" } };
        });
    }

    private static ApprovalRequest Asking(string summary) => Examples.Request() with { Type = RequestTypeModel.Unknown, Action = "desk.ask", Summary = summary };
}
