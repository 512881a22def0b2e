using System.Collections.Frozen;
using System.Text.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Steward.Client.Http;
using Steward.Gateway.Access;
using Steward.Gateway.Problems;
using Steward.Models.Prompts;

namespace Steward.Gateway.Api;

/// <summary>What the OpenAPI document says beyond what the code shows.</summary>
internal static class ApiDescription
{
    private const string SecurityScheme = "bearer";

    private static readonly FrozenSet<Type> Requests =
    [
        typeof(CreateSessionRequest), typeof(SubmitMessageRequest), typeof(LimitsResource), typeof(CancelRunRequest), typeof(DecideRequest), typeof(ForkSessionRequest),
        typeof(ReplayRequest), typeof(CloseDeadLetterRequest), typeof(CreateScheduleRequest), typeof(RunScheduleRequest), typeof(CreateWebhookRequest),
        typeof(CreateConnectorRequest), typeof(UpdateConnectorRequest), typeof(RotateCredentialsRequest), typeof(BeginSignInRequest), typeof(CompleteSignInRequest), typeof(CallOperationRequest), typeof(UndoOperationRequest), typeof(CompareSpecificationsRequest),
        typeof(TestMappingsRequest), typeof(SuggestMappingsRequest),
        typeof(SubmitApprovalRequest), typeof(DecideApprovalRequest), typeof(DecideApprovalsRequest), typeof(ApprovalDecisionRequest), typeof(DelegateApprovalRequest), typeof(CommentApprovalRequest),
        typeof(CancelApprovalRequest), typeof(ConsumeApprovalRequest), typeof(ValidateRulesRequest), typeof(SimulateRulesRequest), typeof(PublishRulesRequest), typeof(RollBackRulesRequest),
        typeof(CreateDelegationRequest), typeof(MarkInboxRequest), typeof(SetPreferencesRequest), typeof(SetNotificationSettingsRequest), typeof(NotificationChannelRequest), typeof(PreviewNoticeRequest), typeof(ReplayNoticeRequest),
        typeof(ClassifyTicketsRequest), typeof(TicketRequest), typeof(LabelTicketsRequest), typeof(TicketLabelRequest), typeof(SetTriageSettingsRequest), typeof(TriageGroupRequest), typeof(TriageConnectorRequest),
        typeof(TriageSenderRequest), typeof(SetTriageThresholdsRequest), typeof(FindTicketsRequest), typeof(UseTriageHeadRequest),
        typeof(StartExperimentRequest), typeof(StopExperimentRequest), typeof(PromptDraft), typeof(PreviewPromptRequest),
        typeof(SetModelBudgetRequest), typeof(GiveFeedbackRequest),
        typeof(SearchMemoriesRequest), typeof(CorrectMemoryRequest), typeof(SetMemorySettingsRequest), typeof(MemoryKindRequest), typeof(EraseMemoryRequest), typeof(SetMemoryRetentionRequest), typeof(MemoryKindRetentionRequest),
        typeof(StartExecutionRequest), typeof(ExecutionFileRequest),
        typeof(SetTenantRequest),
    ];

    public static TBuilder WithProblems<TBuilder>(this TBuilder builder, params ReadOnlySpan<int> statuses)
        where TBuilder : IEndpointConventionBuilder
    {
        foreach (var status in statuses)
        {
            builder.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ProblemResource), [ProblemWriter.ContentType]));
        }

        return builder;
    }

    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Steward";
            document.Info.Version = "1";
            document.Info.Description =
                "Employees hand in requests; an agent works them off and streams its answer. Errors are problem details (RFC 9457) with a stable code. "
                + "Unknown fields in requests are refused; unknown fields in answers must be passed over.";
            document.Servers = [];
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>();
            document.Components.SecuritySchemes[SecurityScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key (sk-…) or an access token (JWT) of a trusted issuer.",
            };
            document.Tags = new HashSet<OpenApiTag>
            {
                new() { Name = "Sessions", Description = "Conversations and their messages." },
                new() { Name = "Runs", Description = "The work on messages." },
                new() { Name = "Decisions", Description = "What runs ask people to decide." },
                new() { Name = "Dead letters", Description = "Runs that failed for technical reasons, for administrators." },
                new() { Name = "Schedules", Description = "Messages that are handed in at set times." },
                new() { Name = "Webhooks", Description = "Who is told of what happens in the tenant; for admins." },
                new() { Name = "Connectors", Description = "The tenant's connections to external systems." },
                new() { Name = "Approvals", Description = "What people are asked to approve." },
                new() { Name = "Approval rules", Description = "Who has to approve what, in versions, and who decides for whom." },
                new() { Name = "Notifications", Description = "What people are told, and how they want to be told." },
                new() { Name = "Triage", Description = "Where tickets belong, and how that is learnt from what people say." },
                new() { Name = "Experiments", Description = "Experiments and canaries on model calls; for admins." },
                new() { Name = "Prompts", Description = "Registered prompts and their versions; for admins." },
                new() { Name = "Model budgets", Description = "What model calls may use, and what they cost." },
                new() { Name = "Feedback", Description = "What people say of answers, what is learnt from it, and how good answers are." },
                new() { Name = "Memory", Description = "What is remembered of the caller." },
                new() { Name = "Sandbox", Description = "Code of people, run in sandboxes." },
                new() { Name = "Tenant", Description = "What is configured for the tenant; for admins." },
                new() { Name = "Caller", Description = "Who makes the request." },
                new() { Name = "Operations", Description = "For operators and monitoring." },
            };
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
            if (type == typeof(JsonElement))
            {
                schema.Type = JsonSchemaType.Object;
                schema.Description = "JSON; its members depend on what it belongs to.";
            }
            else if (type.IsEnum)
            {
                schema.Type = JsonSchemaType.String;
                // Absent, never null: an optional value that is not there is left out.
                schema.Enum = [.. (schema.Enum ?? []).Where(value => value is not null && value.GetValueKind() == JsonValueKind.String)];
            }
            else if (Requests.Contains(type))
            {
                schema.AdditionalPropertiesAllowed = false;
            }

            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (metadata.OfType<NeedsCallerAttribute>().Any())
            {
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(SecurityScheme, context.Document)] = [] }];
            }

            foreach (var parameter in operation.Parameters ?? [])
            {
                if (parameter is OpenApiParameter concrete)
                {
                    Describe(concrete);
                }
            }

            foreach (var (status, response) in operation.Responses ?? [])
            {
                if (Meaning(status) is { } meaning)
                {
                    response.Description = meaning;
                }
            }

            return Task.CompletedTask;
        });
    }

    private static void Describe(OpenApiParameter parameter)
    {
        switch (parameter.Name)
        {
            case "sessionId":
                parameter.Description = "The session's id.";
                parameter.Schema = Id('s');
                break;
            case "runId":
                parameter.Description = "The run's id.";
                parameter.Schema = Id('r');
                break;
            case "requestId":
                parameter.Description = "The id of the request for a decision.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 200 };
                break;
            case "prompts":
                parameter.Description = "Whether the messages that models were asked with are in the answer.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Boolean, Default = false };
                break;
            case "scheduleId":
                parameter.Description = "The schedule's id.";
                parameter.Schema = Id('j');
                break;
            case "webhookId":
                parameter.Description = "The webhook's id.";
                parameter.Schema = Id('w');
                break;
            case "deliveryId":
                parameter.Description = "The message's id.";
                parameter.Schema = Id('d');
                break;
            case "afterId":
                parameter.Description = "Only what comes after this id; without it from the start.";
                parameter.Schema = Id('j');
                break;
            case "scope":
                parameter.Description = "Whose are asked for: the caller's, by default, or the tenant's own, for admins.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["user", "tenant"], Default = "user" };
                break;
            case "after":
                parameter.Description = "Only what comes after this sequence number; 0, the default, from the start.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0", Default = 0 };
                break;
            case "limit":
                parameter.Description = "The most entries of the page.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1", Maximum = "200", Default = 50 };
                break;
            case "Last-Event-ID":
                parameter.Description = "The id of the last event that was received; goes before after.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" };
                break;
            case "Idempotency-Key":
                parameter.Description = "The operation id, for clients that set it as a header.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 130 };
                break;
            case "number":
                parameter.Description = "The event's number in the connector.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "1" };
                break;
            case "q":
                parameter.Description = "Words that the name, the description or a category must have.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 200 };
                break;
            case "name":
                parameter.Description = "The connector's name.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[a-z][a-z0-9-]{1,39}$", MinLength = 2, MaxLength = 40 };
                break;
            case "connector":
                parameter.Description = "Only entries of this connector; without it of all.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[a-z][a-z0-9-]{1,39}$", MinLength = 2, MaxLength = 40 };
                break;
            case "operation":
                parameter.Description = "The operation's id inside the template, for example users.get.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 200 };
                break;
            case "parameter":
                parameter.Description = "The name of the argument.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 200 };
                break;
            case "operations":
                parameter.Description = "Only these operations of the document, by the ids that the whole draft has, with commas between them; what verifies the connector is added.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 40_000 };
                break;
            case "arguments":
                parameter.Description = "The operation's other arguments as far as they are known, a JSON object; for arguments whose choices depend on others.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 4000 };
                break;
            case "templateId":
                parameter.Description = "The template's id.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[a-z0-9][a-z0-9-]{1,39}$", MinLength = 2, MaxLength = 40 };
                break;
            case "before":
                parameter.Description = "Only entries with a lower sequence number; 0, the default, for the newest.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0", Default = 0 };
                break;
            case "approvalId":
                parameter.Description = "The approval's id.";
                parameter.Schema = Id('a');
                break;
            case "view":
                parameter.Description = "Which approvals.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["mine", "groups", "delegated", "requested", "decided", "all"], Default = "mine" };
                break;
            case "status":
                parameter.Description = "Only these statuses, with commas between them; without it those that are open, or all where the view is decided.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 100 };
                break;
            case "type":
                parameter.Description = "Only requests of this type.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 64 };
                break;
            case "requester":
                parameter.Description = "Only requests of this person, by user id.";
                parameter.Schema = Id('u');
                break;
            case "run":
                parameter.Description = "Only requests of this run.";
                parameter.Schema = Id('r');
                break;
            case "cursor":
                parameter.Description = "Where the page begins, as the page before said; without it at the start.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 1000 };
                break;
            case "include":
                parameter.Description = "What else is in the answer: deliveries, history, or both with a comma between them.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 40 };
                break;
            case "from":
                parameter.Description = "Only what last changed at or after this time; without it from the start.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" };
                break;
            case "until":
                parameter.Description = "Only what last changed before this time; without it until now.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" };
                break;
            case "version":
                parameter.Description = "A version; where it may be left out, the one that holds.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1" };
                break;
            case "delegationId":
                parameter.Description = "The delegation's id.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[a-z0-9-]{1,64}$", MinLength = 1, MaxLength = 64 };
                break;
            case "subject":
                parameter.Description = "What the notices are about, for example an approval's id.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 200 };
                break;
            case "ticketId":
                parameter.Description = "The ticket's id.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 200 };
                break;
            case "importId":
                parameter.Description = "The import's id.";
                parameter.Schema = Id('m');
                break;
            case "days":
                parameter.Description = "The last so many days, today among them.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1", Maximum = "90", Default = 7 };
                break;
            case "channel":
                parameter.Description = "The channel.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["slack", "teams", "email", "webhook", "in_app"] };
                break;
            case "step":
                parameter.Description = "The decision's number, from 1.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1" };
                break;
            case "If-Match":
                parameter.Description = "The revision that was read, as its ETag said it; the body may say it instead.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 40 };
                break;
            case "fromVersion":
                parameter.Description = "The earlier version.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1" };
                break;
            case "toVersion":
                parameter.Description = "The later version.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "1" };
                break;
            case "budgetId":
                parameter.Description = "The budget's name.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[a-z][a-z0-9-]{0,63}$", MinLength = 1, MaxLength = 64 };
                break;
            case "executionId":
                parameter.Description = "The execution's id.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^x-[a-z0-9]{16,64}$", MinLength = 18, MaxLength = 66 };
                break;
            case "snippetId":
                parameter.Description = "The snippet's id, which is that of its execution.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^x-[a-z0-9]{16,64}$", MinLength = 18, MaxLength = 66 };
                break;
            case "file":
                parameter.Description = "The file's name.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 128 };
                break;
            case "fromDay":
                parameter.Description = "The first day, in UTC.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "date" };
                break;
            case "toDay":
                parameter.Description = "The last day, in UTC.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "date" };
                break;
            case "target":
                parameter.Description = "The run or model call whose answer it is, or the id of an answer of the OpenAI endpoint.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 3, MaxLength = 96 };
                break;
            case "by":
                parameter.Description = "What it is added up by: 1 to 8 of day, team, user, feature, model, provider, tier, prompt (its registered version, as name@3), outcome and tag:KEY, with commas between them.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 600, Default = "day,team,user,feature,model" };
                break;
            case "proposalId":
                parameter.Description = "The proposal's id.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "1" };
                break;
            case "patternId":
                parameter.Description = "The pattern's id.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 3, MaxLength = 96 };
                break;
            case "memoryId":
                parameter.Description = "The memory's id.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "1" };
                break;
            case "confirm":
                parameter.Description = "The tenant's id, so that nobody does it unawares.";
                parameter.Required = true;
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 3, MaxLength = 96 };
                break;
            case "kind":
                parameter.Description = "Only memories of this kind; without it of all.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["preference", "fact", "constraint", "interaction", "pattern"] };
                break;
            case "superseded":
                parameter.Description = "Whether also what does not hold any more.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.Boolean, Default = false };
                break;
            case "format":
                parameter.Description = "How it is written.";
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = ["json", "csv"], Default = "json" };
                break;
            default:
                throw new InvalidOperationException($"The parameter {parameter.Name} has no description.");
        }
    }

    private static OpenApiSchema Id(char prefix) => new() { Type = JsonSchemaType.String, Pattern = $"^{prefix}-[a-z0-9._-]+$", MinLength = 3, MaxLength = 96 };

    private static string? Meaning(string status) => status switch
    {
        "200" => "Done.",
        "201" => "Made; its address is in the Location header.",
        "202" => "Accepted; the work goes on.",
        "204" => "Done, and there is nothing to send.",
        "400" => "The input was refused; field and detail say why.",
        "401" => "No or no valid credentials.",
        "403" => "The caller is known but may not do this.",
        "404" => "There is no such thing, or it belongs to somebody else.",
        "409" => "It contradicts what is there; code and detail say how.",
        "413" => "The body is too large.",
        "415" => "The body is not of the type that is asked for.",
        "429" => "Too many requests or streams; Retry-After says when to come back.",
        "503" => "The cluster cannot be reached now; Retry-After says when to come back.",
        _ => null,
    };
}
