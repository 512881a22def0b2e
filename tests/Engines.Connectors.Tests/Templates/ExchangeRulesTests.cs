using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;

namespace Steward.Engines.Connectors.Tests.Templates;

/// <summary>What a template may say about exchanging a person's token.</summary>
public sealed class ExchangeRulesTests
{
    private const string Valid = """
        id: sample
        version: 1.0.0
        name: Sample
        vendor: Sample Ltd
        categories: [itsm]
        docs: https://docs.sample.example
        description: A sample.
        connection: { baseUrl: https://sample.example }
        auth:
          - id: person
            kind: oauth2_code
            perUser: true
            fields: [ { name: clientId, title: Id }, { name: clientSecret, title: Secret, secret: true }, { name: appId, title: Id }, { name: appSecret, title: Secret, secret: true } ]
            oauth2:
              authorizeUrl: https://login.sample.example/authorize
              tokenUrl: https://login.sample.example/token
              exchange:
                - { grant: token_exchange, audience: "https://sample.example/{appId}", requestedTokenType: "urn:ietf:params:oauth:token-type:saml2" }
                - { grant: saml2_bearer, tokenUrl: "{baseUrl}/token", clientIdField: appId, clientSecretField: appSecret, defaultTtl: 10m }
        verify: { operation: things.find }
        operations:
          - { id: things.find, summary: Finds., path: /things, effect: read, output: { fields: { id: id } } }
        """;

    [Fact]
    public void Read_TwoSteps_AreAsTheyStandThere()
    {
        var steps = TemplateReader.Read(Valid, "sample.yaml").Auth[0].OAuth2!.Exchange;

        Assert.Equal([ExchangeGrant.TokenExchange, ExchangeGrant.Saml2Bearer], steps.Select(step => step.Grant));
        Assert.Equal(("appId", "appSecret", TimeSpan.FromMinutes(10)), (steps[1].ClientIdField, steps[1].ClientSecretField, steps[1].DefaultTtl));
    }

    [Theory]
    [InlineData("kind: oauth2_code", "kind: oauth2_client_credentials", "is only for kind: oauth2_code")]
    [InlineData("grant: token_exchange", "grant: saml2_bearer", "needs a step before it that gives a SAML assertion")]
    [InlineData("clientIdField: appId", "clientIdField: other", "this sign-in has no field 'other'")]
    [InlineData("clientSecretField: appSecret", "clientSecretField: appId", "this sign-in has no secret field 'appId'")]
    [InlineData("clientIdField: appId", "clientAuth: private_key_jwt", "may be private_key_jwt only where the sign-in's is, too")]
    [InlineData("tokenUrl: \"{baseUrl}/token\"", "tokenUrl: \"http://elsewhere.example/token\"", "must be an address that begins with https://")]
    [InlineData("tokenUrl: \"{baseUrl}/token\"", "tokenUrl: \"https://{appId}/token\"", "nothing is called 'appId' here")]
    [InlineData("example/{appId}", "example/{other}", "nothing is called 'other' here")]
    [InlineData("defaultTtl: 10m", "scopes: [\"api/{other}\"]", "nothing is called 'other' here")]
    [InlineData("authorizeUrl: https", "scopes: [\"api/{clientSecret}\"]\n      authorizeUrl: https", "nothing is called 'clientSecret' here")]
    [InlineData("authorizeUrl: https", "authorizeParameters: { hint: \"{appSecret}\" }\n      authorizeUrl: https", "nothing is called 'appSecret' here")]
    [InlineData("defaultTtl: 10m", "defaultTtl: 0s", "must be longer than zero")]
    public void Read_FaultyStep_IsNamed(string valid, string faulty, string problem)
    {
        Assert.Contains(valid, Valid, StringComparison.Ordinal);

        var failure = Assert.Throws<DefinitionException>(() => TemplateReader.Read(Valid.Replace(valid, faulty, StringComparison.Ordinal), "sample.yaml"));

        Assert.Contains(failure.Errors, error => error.Message.Contains(problem, StringComparison.Ordinal));
    }
}
