using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Limits;

/// <summary>A template with one operation.</summary>
internal static class TestTemplate
{
    public static ConnectorTemplate Of(BreakerSpec? breaker = null) => new()
    {
        Id = "sut",
        Version = "1.0.0",
        Name = "Sut",
        Vendor = "Acme",
        Categories = ["support"],
        Docs = new Uri("https://acme.example"),
        Description = "The system under test.",
        Connection = new ConnectionSpec { BaseUrl = "https://sut.example" },
        Auth = [new AuthSpec { Id = "none", Kind = AuthKind.None }],
        Verify = new VerificationSpec { Operation = "things.get" },
        Breaker = breaker ?? new BreakerSpec(),
        Operations = [new OperationTemplate { Id = "things.get", Summary = "Reads.", Effect = OperationEffect.Read }],
    };
}
